// C signatures of what oct calls in libzmq, and in the C library that libzmq brings along (dlsym
// looks into a library's own dependencies too). A `ptr` argument takes a TypedArray itself: passing
// its address instead would let the collector move it away.

import type { FFIFunction } from "bun:ffi";
import os from "node:os";

export const SYMBOLS = {
  zmq_errno: { args: [], returns: "i32" },
  zmq_strerror: { args: ["i32"], returns: "cstring" },
  zmq_ctx_new: { args: [], returns: "ptr" },
  zmq_ctx_set: { args: ["ptr", "i32", "i32"], returns: "i32" },
  zmq_ctx_shutdown: { args: ["ptr"], returns: "i32" },
  zmq_ctx_term: { args: ["ptr"], returns: "i32" },
  zmq_socket: { args: ["ptr", "i32"], returns: "ptr" },
  zmq_close: { args: ["ptr"], returns: "i32" },
  zmq_setsockopt: { args: ["ptr", "i32", "ptr", "usize"], returns: "i32" },
  zmq_getsockopt: { args: ["ptr", "i32", "ptr", "ptr"], returns: "i32" },
  zmq_bind: { args: ["ptr", "ptr"], returns: "i32" },
  zmq_connect: { args: ["ptr", "ptr"], returns: "i32" },
  zmq_send: { args: ["ptr", "ptr", "usize", "i32"], returns: "i32" },
  zmq_msg_init: { args: ["ptr"], returns: "i32" },
  zmq_msg_recv: { args: ["ptr", "ptr", "i32"], returns: "i32" },
  zmq_msg_data: { args: ["ptr"], returns: "ptr" },
  zmq_msg_more: { args: ["ptr"], returns: "i32" },
  zmq_msg_get: { args: ["ptr", "i32"], returns: "i32" },
  zmq_msg_close: { args: ["ptr"], returns: "i32" },
  zmq_socket_monitor: { args: ["ptr", "ptr", "i32"], returns: "i32" },
  memcpy: { args: ["ptr", "ptr", "usize"], returns: "ptr" },
  shutdown: { args: ["i32", "i32"], returns: "i32" },
  getaddrinfo: { args: ["ptr", "ptr", "ptr", "ptr"], returns: "i32" },
  freeaddrinfo: { args: ["ptr"], returns: "void" },
} as const satisfies Readonly<Record<string, FFIFunction>>;

/** zmq_socket() types: ZMQ_PAIR and so on. */
export const SOCKET_TYPE = {
  pair: 0,
  pub: 1,
  sub: 2,
  dealer: 5,
  router: 6,
  pull: 7,
  push: 8,
  xpub: 9,
} as const;

/** zmq_setsockopt() numbers, each with its C name. */
export const OPTION = {
  subscribe: 6, // ZMQ_SUBSCRIBE
  unsubscribe: 7, // ZMQ_UNSUBSCRIBE
  linger: 17, // ZMQ_LINGER
  reconnectMs: 18, // ZMQ_RECONNECT_IVL
  backlog: 19, // ZMQ_BACKLOG
  reconnectMsMax: 21, // ZMQ_RECONNECT_IVL_MAX
  messageBytesMax: 22, // ZMQ_MAXMSGSIZE, the only one of 64 bits
  sendHighWater: 23, // ZMQ_SNDHWM
  receiveHighWater: 24, // ZMQ_RCVHWM
  lastEndpoint: 32, // ZMQ_LAST_ENDPOINT
  routerMandatory: 33, // ZMQ_ROUTER_MANDATORY
  immediate: 39, // ZMQ_IMMEDIATE
  xpubVerbose: 40, // ZMQ_XPUB_VERBOSE
  ipv6: 42, // ZMQ_IPV6
  handshakeMs: 66, // ZMQ_HANDSHAKE_IVL
  heartbeatMs: 75, // ZMQ_HEARTBEAT_IVL
  heartbeatTimeoutMs: 77, // ZMQ_HEARTBEAT_TIMEOUT
  inBatchBytes: 101, // ZMQ_IN_BATCH_SIZE
} as const;

/** Flags of sending and receiving. */
export const FLAG = {
  dontWait: 1, // ZMQ_DONTWAIT
  sendMore: 2, // ZMQ_SNDMORE
} as const;

/** zmq_msg_get() properties. */
export const PROPERTY = {
  sourceDescriptor: 2, // ZMQ_SRCFD
} as const;

/** sizeof(zmq_msg_t) */
export const MSG_SIZE_BYTES = 64;

const isDarwin = os.platform() === "darwin";

/** errno values that are told apart; zmq_errno() gives the system's numbers. */
export const ERRNO = {
  interrupted: 4, // EINTR
  noAccess: 13, // EACCES
  noDevice: 19, // ENODEV
  invalid: 22, // EINVAL
  tooManyFiles: 24, // EMFILE
  again: isDarwin ? 35 : 11, // EAGAIN
  addressInUse: isDarwin ? 48 : 98, // EADDRINUSE
  addressNotAvailable: isDarwin ? 49 : 99, // EADDRNOTAVAIL
  hostUnreachable: isDarwin ? 65 : 113, // EHOSTUNREACH
} as const;
