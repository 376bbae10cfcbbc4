// SPDX-License-Identifier: LGPL-2.1-or-later
// The messages of agent.sock: fixed layout, host byte order, one SEQPACKET datagram each.
//
// One connection carries one request. The application sends a StartRequest with its socket as the
// only descriptor (SCM_RIGHTS) and waits; the agent answers with one StartReply and closes. An
// application that closes first cancels the handshake. SO_LINGER of the socket may be off
// afterwards: the agent's own close must not wait; the library sets it again. Both ends refuse a
// message whose size, version, type or any field is not exactly as described here: nothing is
// skipped or guessed.
//
// The other channels of the agent use the same header and the same text fields.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>
#include <type_traits>

namespace ktls::wire {

inline constexpr std::uint16_t version = 1;
inline constexpr const char* default_agent_socket = "/run/ktlsd/agent.sock";

struct Header {
  std::uint16_t version;
  std::uint16_t type;
  std::uint32_t size; // of the whole message
};

// Text of at most N - 1 bytes, NUL-terminated, all bytes behind the NUL zero.
template<std::size_t N>
struct Text {
  char bytes[N];

  [[nodiscard]] std::string_view view() const { return {bytes, ::strnlen(bytes, N)}; }

  // False, and nothing changed, when `text` does not fit or holds a NUL.
  [[nodiscard]] bool assign(std::string_view text) {
    if (text.size() >= N || text.find('\0') != std::string_view::npos)
      return false;
    std::memset(bytes, 0, N);
    std::memcpy(bytes, text.data(), text.size());
    return true;
  }
  // For text that only informs: what does not fit is cut off.
  void assign_cut(std::string_view text) { (void)assign(text.substr(0, N - 1)); }

  [[nodiscard]] bool valid() const {
    const std::size_t length = ::strnlen(bytes, N);
    if (length == N)
      return false;
    for (std::size_t i = length; i < N; ++i) {
      if (bytes[i] != '\0')
        return false;
    }
    return true;
  }
};

// The handshake role that is asked for (AT-TLS: HandshakeRole), independent of who connected.
// Policy: whatever the agent's policy says of the connection.
enum class Role : std::uint32_t { Policy = 0, Client = 1, Server = 2 };

inline constexpr std::uint32_t max_errno = 4095;         // of the kernel's
inline constexpr std::uint32_t max_timeout_ms = 600'000; // AT-TLS: HandshakeTimeout, 0 to 600 s

struct StartRequest {
  static constexpr std::uint16_t type = 1;
  Header header;
  Role role;
  std::uint32_t timeout_ms; // 1 to max_timeout_ms; 0: the agent's own limit. The smaller one counts
  std::uint32_t flags;      // of those below
  std::uint32_t reserved;
  Text<256> peer_name; // DNS name or IP address to verify a server by; empty for a server

  static constexpr std::uint32_t wants_certificates = 1; // of the peer, behind the reply
  static constexpr std::uint32_t wants_user = 2;         // whose the peer's certificate is

  [[nodiscard]] bool valid() const {
    return role <= Role::Server && timeout_ms <= max_timeout_ms &&
           flags <= (wants_certificates | wants_user) && reserved == 0 && peer_name.valid() &&
           (role != Role::Server || peer_name.view().empty());
  }
};

inline constexpr std::size_t max_certificates = 16; // of a peer; the others are not told

struct StartReply {
  static constexpr std::uint16_t type = 2;
  Header header;
  std::uint32_t error;         // positive errno; 0: the socket is secured
  std::uint32_t authenticated; // 1: the peer's certificate, or pre-shared key, was validated
  std::uint32_t certificates;  // how many PeerCertificate follow, when they were asked for
  std::uint32_t user_strength; // 0: no user is known; 1: weak, 2: strong
  std::uint32_t uid;           // of the user; 0 where none is known
  std::uint32_t reserved;
  Text<32> reason;         // stable name, "success" when error is 0
  Text<16> protocol;       // "TLS 1.3", "TLS 1.2"
  Text<48> cipher;         // IANA name: "TLS_AES_128_GCM_SHA256"
  Text<256> alpn;          // RFC 7301 protocol name; empty when none was negotiated
  Text<72> rule;           // of the agent's policy that applied; empty: none
  Text<72> profile;        // of that rule; empty: it has none
  Text<264> user;          // whose the peer's certificate is; empty: none is known
  Text<264> user_source;   // by which source of the mapper
  Text<264> user_rule;     // by which entry of it; may be empty
  Text<1024> peer_subject; // RFC 4514; empty when the peer presented no certificate
  Text<512> message;       // for a person: what failed, and what to do

  [[nodiscard]] bool valid() const {
    const bool success = reason.view() == "success";
    return error <= max_errno && (error == 0) == success && authenticated <= 1 &&
           certificates <= max_certificates && reserved == 0 && !reason.view().empty() &&
           user_strength <= 2 && user.valid() && user_source.valid() && user_rule.valid() &&
           (user_strength == 0) == user.view().empty() &&
           (user_strength != 0 || (uid == 0 && user_source.view().empty())) &&
           (user_strength == 0 || (success && authenticated == 1)) && reason.valid() &&
           protocol.valid() && cipher.valid() && alpn.valid() && rule.valid() && profile.valid() &&
           peer_subject.valid() && message.valid();
  }
};

// A certificate that the peer presented; its own is the first. One that is longer is not told, nor
// are those behind it.
struct PeerCertificate {
  static constexpr std::uint16_t type = 6;
  static constexpr std::size_t max_size = 8000;
  Header header;
  std::uint64_t id;   // between processes of the agent: of the handshake; else 0
  std::uint32_t size; // 1 to max_size
  std::uint32_t reserved;
  std::uint8_t der[max_size]; // X.509; zero behind `size`

  [[nodiscard]] bool valid() const {
    if (size == 0 || size > max_size || reserved != 0)
      return false;
    for (std::size_t i = size; i < max_size; ++i) {
      if (der[i] != 0)
        return false;
    }
    return true;
  }
};

// The configuration is to be read anew: from root, or the agent's own user, with no descriptor. The
// answer is a ReloadReply, behind a ReloadProblem for each line of what is wrong; or a StartReply
// that refuses.
struct ReloadRequest {
  static constexpr std::uint16_t type = 3;
  Header header;
  [[nodiscard]] bool valid() const { return true; }
};

inline constexpr std::size_t max_problems = 256; // lines that are told

struct ReloadProblem {
  static constexpr std::uint16_t type = 4;
  Header header;
  Text<1024> text; // "file:line: what is wrong"; printable
  [[nodiscard]] bool valid() const { return text.valid(); }
};

struct ReloadReply {
  static constexpr std::uint16_t type = 5;
  Header header;
  std::uint64_t generation; // the number of the policy that is in force
  std::uint32_t problems;   // how many there were, told or not; 0: it is the new one
  std::uint32_t reserved;
  [[nodiscard]] bool valid() const { return reserved == 0; }
};

// The users of open sessions are to be asked for once more: from root, or the agent's own user,
// with no descriptor. The answer is a RevalidateReply; or a StartReply that refuses.
struct RevalidateRequest {
  static constexpr std::uint16_t type = 7;
  Header header;
  [[nodiscard]] bool valid() const { return true; }
};

// Numbers of sessions.
struct RevalidateReply {
  static constexpr std::uint16_t type = 8;
  Header header;
  std::uint32_t judged;       // of a user that was known
  std::uint32_t revoked;      // of these: whose user may have none any more
  std::uint32_t ended;        // of the revoked: were ended
  std::uint32_t not_ended;    // of the revoked: should have been ended, and could not
  std::uint32_t not_answered; // of the judged: nobody knew; they go on
  std::uint32_t reserved;
  [[nodiscard]] bool valid() const {
    return reserved == 0 && revoked <= judged && not_answered <= judged - revoked &&
           ended <= revoked && not_ended <= revoked - ended;
  }
};

// Other keys for a socket that the agent has secured (RFC 8446, section 4.6.3), with the socket as
// the only descriptor. The answer is a StartReply.
enum class RekeyStep : std::uint32_t {
  Prepare = 0, // could what is sent get other keys? Nothing changes
  Send = 1,    // the KeyUpdate has been sent: what comes behind it has the next keys
  Receive = 2  // the peer's KeyUpdate has been read
};

struct RekeyRequest {
  static constexpr std::uint16_t type = 9;
  Header header;
  RekeyStep step;
  std::uint32_t reserved;
  [[nodiscard]] bool valid() const { return step <= RekeyStep::Receive && reserved == 0; }
};

// Orders about a socket that the agent has secured are to come, with the socket as the only
// descriptor. Behind a StartReply that does not refuse, the connection stays, for Orders, until one
// end closes it.
struct ControlRequest {
  static constexpr std::uint16_t type = 10;
  Header header;
  [[nodiscard]] bool valid() const { return true; }
};

enum class OrderKind : std::uint32_t {
  Rekey = 1 // send a KeyUpdate that asks for one in return
};

struct Order {
  static constexpr std::uint16_t type = 11;
  Header header;
  OrderKind kind;
  std::uint32_t reserved;
  [[nodiscard]] bool valid() const { return kind == OrderKind::Rekey && reserved == 0; }
};

// A message with its header filled in and all else zero.
template<class Message>
[[nodiscard]] Message make() {
  static_assert(std::is_trivially_copyable_v<Message> && std::is_standard_layout_v<Message>);
  Message message;
  std::memset(&message, 0, sizeof message);
  message.header = {version, Message::type, static_cast<std::uint32_t>(sizeof message)};
  return message;
}

// Copies `size` bytes into `message` if they are exactly a valid one.
template<class Message>
[[nodiscard]] bool decode(const void* data, std::size_t size, Message& message) {
  static_assert(std::is_trivially_copyable_v<Message> && std::is_standard_layout_v<Message>);
  if (size != sizeof message)
    return false;
  Message copy;
  std::memcpy(&copy, data, sizeof copy);
  if (copy.header.version != version || copy.header.type != Message::type ||
      copy.header.size != sizeof copy || !copy.valid())
    return false;
  message = copy;
  return true;
}

} // namespace ktls::wire
