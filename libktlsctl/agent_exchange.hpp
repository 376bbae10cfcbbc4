// SPDX-License-Identifier: LGPL-2.1-or-later
// One question to the agent, and its answer.
#pragma once

#include "deadline.hpp"
#include "wire.hpp"

namespace ktls {

// Sends `request` with the socket `fd` to the agent at `path` and waits for the reply. The result
// is always well-formed: where the agent gave no proper answer, a failure with one of the library's
// own reasons. A success is the agent's word, not yet checked against the kernel.
//
// `certificates`: null, or where the array of those that the reply announces goes, from malloc().
[[nodiscard]] wire::StartReply ask_agent(const char* path, int fd, wire::StartRequest request,
                                         const Deadline& deadline,
                                         wire::PeerCertificate** certificates) noexcept;

// The same without a limit for the agent to keep, and with no certificates.
[[nodiscard]] wire::StartReply ask_agent(const char* path, int fd,
                                         const wire::RekeyRequest& request,
                                         const Deadline& deadline) noexcept;

// Opens a connection on which the agent sends orders about the socket `fd`; it is not blocking, and
// goes to `control` where the reply is no failure.
[[nodiscard]] wire::StartReply open_control(const char* path, int fd, const Deadline& deadline,
                                            int& control) noexcept;

// Where it listens: `chosen`, or null for the environment's, or the default.
[[nodiscard]] const char* agent_socket(const char* chosen) noexcept;

inline constexpr const char* agent_unavailable = "agent-unavailable";
inline constexpr const char* agent_protocol_error = "agent-protocol-error";
// The agent's, and the only one behind which a socket goes on in clear text.
inline constexpr const char* policy_clear = "policy-clear";
inline constexpr const char* handshake_timeout = "handshake-timeout";

// `error` is a positive errno, `detail` ends the message; both texts are cut where they are too
// long.
[[nodiscard]] wire::StartReply failure(int error, const char* reason, const char* message,
                                       const char* detail = "") noexcept;

} // namespace ktls
