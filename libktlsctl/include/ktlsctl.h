/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* libktlsctl: mutual TLS from the host's agent (ktlsd) on a connected TCP socket.
 *
 * Give a connected TCP socket to ktlsctl_start(). The agent performs the TLS handshake on it and
 * gives the keys to the kernel; afterwards write() and send() encrypt, and ktlsctl_recv() reads.
 *
 * Errors: every function that can fail returns a negative errno number and never sets errno as its
 * result. No function raises SIGPIPE or any other signal, starts a thread or keeps state outside
 * its arguments; all may be called from any thread, one call at a time for each direction of a
 * socket. Units are in the names: `_ms` is milliseconds. Text is UTF-8, NUL-terminated.
 */
#ifndef KTLSCTL_H
#define KTLSCTL_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
#define KTLSCTL_NOEXCEPT noexcept
extern "C" {
#else
#define KTLSCTL_NOEXCEPT
#endif

/* Who sends the ClientHello; independent of who called connect() and who accept(). */
enum ktlsctl_role {
  KTLSCTL_ROLE_POLICY = 0, /* whatever the agent's policy says of this connection */
  KTLSCTL_ROLE_CLIENT = 1,
  KTLSCTL_ROLE_SERVER = 2
};

#define KTLSCTL_MAX_TIMEOUT_MS 600000

/* A plain struct that starts with its own size: it needs no allocation, fits designated
 * initialisers, and later versions append members without breaking programs built today.
 *
 *     struct ktlsctl_options options = {
 *         .size = sizeof options, .role = KTLSCTL_ROLE_CLIENT, .peer_name = "db.example.org"};
 *
 * Members that are left out are zero, which selects the default. All stays the caller's. */
struct ktlsctl_options {
  size_t size;   /* sizeof(struct ktlsctl_options) */
  uint32_t role; /* enum ktlsctl_role; where the policy has the other one, the reason is
                    policy-mismatch */
  /* For everything that ktlsctl_start() does, reaching the agent included. At most
   * KTLSCTL_MAX_TIMEOUT_MS. 0: the agent's own limit, or that maximum when it is silent. */
  uint32_t timeout_ms;
  /* Client: the DNS name or IP address to verify the server's certificate by, at most 255 bytes;
   * NULL or empty: the one that the policy has. Server: NULL or empty. */
  const char* peer_name;
  /* Path of the agent's socket. NULL: the environment variable KTLSCTL_AGENT_SOCKET, which is
   * ignored in a set-user-ID or otherwise privileged process; else /run/ktlsd/agent.sock. */
  const char* agent_socket;
  /* KTLSCTL_WANT_..., or 0. */
  uint64_t flags;
};

/* Have the peer's certificates at hand afterwards: ktlsctl_session_peer_certificate(). */
#define KTLSCTL_WANT_CERTIFICATES UINT64_C(1)
/* As server: have the local user looked up that the client's certificate belongs to, also where the
 * policy does not ask for it (client_auth_type "full" or "required"). The handshake succeeds
 * without a user then, and takes up to 2 s longer where nobody answers. */
#define KTLSCTL_WANT_USER UINT64_C(2)

/* How surely a certificate is tied to its user. */
enum ktlsctl_strength {
  KTLSCTL_STRENGTH_NONE = 0,  /* no user is known */
  KTLSCTL_STRENGTH_WEAK = 1,  /* by a name in it, which others may come to have, too */
  KTLSCTL_STRENGTH_STRONG = 2 /* by what identifies the certificate, its key, or the account */
};

/* What a call of ktlsctl_start() came to, successful or not. */
typedef struct ktlsctl_session ktlsctl_session;

/* Secures `fd`, a connected TCP socket over IPv4 or IPv6 on which the peer expects TLS now.
 *
 * Blocks until the handshake is over or the time limit has passed, also when `fd` is O_NONBLOCK.
 * `fd` stays the caller's; neither O_NONBLOCK nor any socket option has changed afterwards, except
 * that the socket has kernel TLS.
 *
 * Returns 0 when both directions are encrypted and the peer was verified as the agent's policy
 * demands. On every other return, -EINVAL included, the socket has been shut down in both
 * directions: nothing can be sent on it in clear text, and the peer sees the end. The one exception
 * is -EOPNOTSUPP with the reason policy-clear: a rule says that this connection goes without TLS,
 * and the socket is as it was. (-EOPNOTSUPP has other reasons, too: decide by the reason.)
 *
 * `session` may be NULL. Otherwise *session is an object that the caller frees with
 * ktlsctl_session_free(); ktlsctl_session_reason() tells what happened, and is what to decide by,
 * not the number. *session is NULL when nothing was tried: -EINVAL (an argument or option is out of
 * range), -E2BIG (an option that this version of the library does not know), -EBADF, -ENOMEM.
 * Reasons of the library itself, all others are the agent's:
 *     agent-unavailable      the agent is not there, may not be used, or ended without an answer
 *     agent-protocol-error   the answer is not one, or claims success on a socket without keys
 *     handshake-timeout      -ETIMEDOUT: no answer in time (also the agent's own name for it) */
int ktlsctl_start(int fd, const struct ktlsctl_options* options,
                  ktlsctl_session** session) KTLSCTL_NOEXCEPT;

/* NULL is allowed. */
void ktlsctl_session_free(ktlsctl_session* session) KTLSCTL_NOEXCEPT;

/* Text that is valid until the session is freed; never NULL, empty when unknown or when `session`
 * is NULL. It may come from the peer; the agent has made it safe to print. */

/* "TLS 1.3" or "TLS 1.2" */
const char* ktlsctl_session_protocol(const ktlsctl_session* session) KTLSCTL_NOEXCEPT;
/* The IANA name: "TLS_AES_128_GCM_SHA256" */
const char* ktlsctl_session_cipher(const ktlsctl_session* session) KTLSCTL_NOEXCEPT;
/* The application protocol that both ends agreed on (RFC 7301); empty when there is none. */
const char* ktlsctl_session_alpn(const ktlsctl_session* session) KTLSCTL_NOEXCEPT;
/* Subject of the peer's certificate as in RFC 4514; empty when it presented none. */
const char* ktlsctl_session_peer_subject(const ktlsctl_session* session) KTLSCTL_NOEXCEPT;
/* 1: the agent validated the peer's certificate, or pre-shared key, as its policy says. 0: nobody
 * did, and what the peer says of itself is worth nothing unless the application judges it: a client
 * that came without a certificate, or whose certificate is passed through (client_auth_type
 * passthru), or a server that is not to be verified. */
int ktlsctl_session_peer_authenticated(const ktlsctl_session* session) KTLSCTL_NOEXCEPT;
/* The certificates that the peer presented, X.509 in DER, with KTLSCTL_WANT_CERTIFICATES. 0: its
 * own, which it has proved to have the private key of; then those that it sent along, in its order,
 * 16 at most. Returns 0, or -ENOENT when there is none of that index. The bytes are valid until the
 * session is freed. */
int ktlsctl_session_peer_certificate(const ktlsctl_session* session, size_t index,
                                     const unsigned char** der, size_t* size) KTLSCTL_NOEXCEPT;
/* The name of the local user that the peer's certificate belongs to; empty when none is known: with
 * client_auth_type "safcheck" there always is one, with "full" and "required" where the profile has
 * map_user, or KTLSCTL_WANT_USER was given, and the certificate belongs to somebody; with
 * "passthru" never. */
const char* ktlsctl_session_user(const ktlsctl_session* session) KTLSCTL_NOEXCEPT;
/* Stores the number of that user. Returns 0, or -ENOENT, and *uid is as it was, when none is
 * known. */
int ktlsctl_session_uid(const ktlsctl_session* session, uint32_t* uid) KTLSCTL_NOEXCEPT;
/* enum ktlsctl_strength */
int ktlsctl_session_user_strength(const ktlsctl_session* session) KTLSCTL_NOEXCEPT;
/* Which source of the mapper knew: "pin", "filter", "extension", "sssd", or the bus name of another
 * mapper; and which entry of it, as far as it says: "pins:17", or a name. */
const char* ktlsctl_session_user_source(const ktlsctl_session* session) KTLSCTL_NOEXCEPT;
const char* ktlsctl_session_user_rule(const ktlsctl_session* session) KTLSCTL_NOEXCEPT;
/* The rule of the agent's policy that applied to this connection; empty when none did. */
const char* ktlsctl_session_rule(const ktlsctl_session* session) KTLSCTL_NOEXCEPT;
/* The profile of that rule; empty when it has none. */
const char* ktlsctl_session_profile(const ktlsctl_session* session) KTLSCTL_NOEXCEPT;
/* A stable name, lower case: "success", "certificate-expired", ... */
const char* ktlsctl_session_reason(const ktlsctl_session* session) KTLSCTL_NOEXCEPT;
/* For a person: what failed and what to do. The wording may change. */
const char* ktlsctl_session_message(const ktlsctl_session* session) KTLSCTL_NOEXCEPT;

/* A flag of ktlsctl_recv(), beside those of recv(): it sends nothing by the way. */
#define KTLSCTL_RECV_ONLY 0x01000000

/* Reads as recv() does, and deals with what TLS sends between the data; works on sockets without
 * kernel TLS too. Blocks or not as recv() would. `flags`: MSG_DONTWAIT, MSG_PEEK, MSG_WAITALL
 * (which may still return less). The bytes of `buffer` behind those that are returned are
 * undefined.
 *
 * Returns the number of bytes, or 0 at the end of the data: the peer's close_notify, after which
 * every call returns 0, or the end of the TCP connection. These two are not told apart: a protocol
 * without lengths or end marks of its own can be cut short by whoever cuts the connection.
 *     -EAGAIN, -EINTR  as recv(); -EINTR also to let the caller breathe when the peer sends very
 *                      many records without data. Call again.
 *     -EKEYEXPIRED     the peer changed its keys (KeyUpdate: RFC 8446, section 4.6.3), and they
 *                      could not be followed: the kernel cannot (Linux 6.14 and later can), the
 *                      agent was not there for 10 s, or it did so more than 32 times in 10 s
 *     -EACCES          the peer refused our certificate, or the lack of one, with an alert
 *     -ECONNRESET      the peer ended the connection with another alert, or TCP was reset
 *     -EPROTO          the peer sent what TLS 1.3 does not allow here, or, on a socket that does
 *                      not block, a session ticket whose second half had not arrived
 *     -EBADMSG         a record was damaged or forged
 *     -EINVAL          `n` is 0, or an unknown flag
 * After an alert, and after -EPROTO and -EKEYEXPIRED, the socket has been shut down.
 *
 * A peer that changes its keys is followed: the agent is asked, which takes a moment, also where
 * this does not block, and up to 10 s while the agent is being restarted. Its wish for new keys of
 * ours is granted by the way, if the socket takes the message at once; this is as if the thread had
 * called ktlsctl_rekey(). So where one thread sends while another receives, the latter passes
 * KTLSCTL_RECV_ONLY, and the wish is not granted until the former calls ktlsctl_rekey(). */
ptrdiff_t ktlsctl_recv(int fd, void* buffer, size_t n, int flags) KTLSCTL_NOEXCEPT;

/* Have the peer change its keys as well; its answer comes with what ktlsctl_recv() reads. */
#define KTLSCTL_REKEY_BOTH UINT32_C(1)

/* Changes the keys that `fd` sends with (TLS 1.3, KeyUpdate: RFC 8446, section 4.6.3): what is sent
 * from here on cannot be read with those of before. In the thread that sends: what another one
 * sends meanwhile, the peer could not read. `flags`: KTLSCTL_REKEY_BOTH, or 0.
 *
 * Returns 0, or, and nothing has happened:
 *     -EAGAIN, -EINTR  as send(): call again
 *     -EOPNOTSUPP      TLS 1.2, a kernel before Linux 6.14, or a socket that the agent has not
 *                      secured, or does not know any more
 *     -EBUSY           more than 32 times in 10 s
 *     -EINVAL          an unknown flag
 * or another error, such as that of an agent that was not there for 10 s: the socket has been shut
 * down if the peer was told already. */
int ktlsctl_rekey(int fd, uint32_t flags) KTLSCTL_NOEXCEPT;

/* Has the agent's administrators reach the program: who sends on a connection alone can change its
 * keys, so they ask it to (ktlsctl rekey). Returns a descriptor, which the caller closes, and which
 * becomes readable when something is wanted of `fd`; then ktlsctl_control_handle() does it. One for
 * each socket; a later one takes the place of an earlier one. Or:
 *     -EOPNOTSUPP      `fd` has no kernel TLS, or the agent has not secured it
 *     -EBUSY, -EAGAIN  the agent has too many of this user
 * or the error of an agent that cannot be reached. Nothing has happened then. */
int ktlsctl_control_open(int fd) KTLSCTL_NOEXCEPT;

/* In the thread that sends on `fd`, when `control` is readable. Returns 0, also when nothing was
 * wanted; -EAGAIN or -EINTR as ktlsctl_rekey(): wait until `fd` takes data, and call again;
 * -ECONNRESET: the agent has ended, or the session: close `control`, and open another if the
 * session is to go on; or another error of ktlsctl_rekey(). Never blocks for the agent's orders. */
int ktlsctl_control_handle(int control, int fd) KTLSCTL_NOEXCEPT;

/* Ends our direction: sends close_notify, if the socket has kernel TLS, and then FIN. Reading goes
 * on. The caller still closes `fd`.
 *
 * Returns 0, or -EAGAIN (the socket is O_NONBLOCK and cannot take the record yet: wait for POLLOUT)
 * or -EINTR, after which nothing has happened and the call is to be repeated. After any other error
 * the direction is shut down, but the peer may not have seen close_notify. */
int ktlsctl_shutdown(int fd) KTLSCTL_NOEXCEPT;

#ifdef __cplusplus
}
#endif

#endif
