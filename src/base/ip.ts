// Whether a text is an IP address. As node:net says it; that module is megabytes in each thread, for
// sockets that nobody uses there.

const BYTE = "(?:25[0-5]|2[0-4]\\d|1\\d\\d|[1-9]\\d|\\d)";
const V4 = `(?:${BYTE}\\.){3}${BYTE}`;
const GROUP = "(?:[0-9a-fA-F]{1,4})";

// So many groups before "::", and up to so many behind it, the last two of which may be written as v4.
const V6 = [
  `(?:${GROUP}:){7}(?:${GROUP}|:)`,
  `(?:${GROUP}:){6}(?:${V4}|:${GROUP}|:)`,
  `(?:${GROUP}:){5}(?::${V4}|(?::${GROUP}){1,2}|:)`,
  `(?:${GROUP}:){4}(?:(?::${GROUP}){0,1}:${V4}|(?::${GROUP}){1,3}|:)`,
  `(?:${GROUP}:){3}(?:(?::${GROUP}){0,2}:${V4}|(?::${GROUP}){1,4}|:)`,
  `(?:${GROUP}:){2}(?:(?::${GROUP}){0,3}:${V4}|(?::${GROUP}){1,5}|:)`,
  `(?:${GROUP}:){1}(?:(?::${GROUP}){0,4}:${V4}|(?::${GROUP}){1,6}|:)`,
  `(?::(?:(?::${GROUP}){0,5}:${V4}|(?::${GROUP}){1,7}|:))`,
].join("|");

const IPV4 = new RegExp(`^${V4}$`);
/** A zone may follow: `fe80::1%eth0`. */
const IPV6 = new RegExp(`^(?:${V6})(?:%[0-9a-zA-Z-.:]+)?$`);

/** 4 or 6, or 0 for what is no address. */
export function isIp(text: string): 0 | 4 | 6 {
  if (isIpv4(text)) return 4;
  return text.includes(":") && IPV6.test(text) ? 6 : 0;
}

export function isIpv4(text: string): boolean {
  return IPV4.test(text);
}
