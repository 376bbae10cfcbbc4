// SPDX-License-Identifier: GPL-2.0-or-later
// Policy: what the configuration says, checked and put in order. Immutable, and pure: the files
// that it names are not opened.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "ipc/profile.hpp"
#include "ipc/verification.hpp"
#include "policy/conditions.hpp"
#include "policy/located.hpp"
#include "policy/mapping_demands.hpp"
#include "policy/rule_index.hpp"
#include "policy/time_window.hpp"

namespace ktls::policy {

// One file of the configuration, read already.
struct SourceFile {
  std::string name; // for messages
  std::string text;
};

// [agent]
struct AgentSettings {
  std::string socket = "/run/ktlsd/agent.sock";
  unsigned workers = 0; // 0: one for each CPU
  std::chrono::seconds handshake_timeout{10};
  std::chrono::seconds first_byte_timeout{10}; // AT-TLS: HandshakeTimeout
  std::chrono::seconds request_timeout{5};
  // The users of open sessions are asked for this often. 0: only when somebody asks for it.
  std::chrono::seconds revalidation_interval{0};
  std::vector<LocatedPath> network_namespaces; // served besides our own
  std::size_t max_handshakes = 8192;           // in workers; at most 48 KiB each
  std::size_t max_queued = 8192;               // that wait for a place among these
  std::size_t max_handshakes_per_uid = 4096;
  std::size_t max_handshakes_per_address = 1024;
  std::size_t max_connections = 16'384; // to agent.sock
  std::size_t max_connections_per_uid = 8192;
  bool allow_key_logging = false; // without it no profile may have key_log_file
  bool watch_files = false;       // a change of a file that is named is taken up without being told
  std::string where;              // of the table; empty: there is none
};

// A certificate with its key, and what its authority says of it.
struct CredentialSettings {
  LocatedPath certificate;
  KeyLocation private_key;
  std::optional<LocatedPath> ocsp_response;
};

// [credential.NAME], or several [[credential.NAME]]: of which a peer is shown what it can verify.
struct NamedCredential {
  std::string name;
  std::vector<CredentialSettings> alternatives; // at least one
  std::string where;
};

// How much is logged of a profile's connections, each with what those before it have: see
// ktlsd.toml(5). AT-TLS: Trace.
enum class LogLevel : std::uint8_t { Error, Warning, Info, Debug };

// By what both ends prove themselves.
enum class PskKind { None, File, Keyring };

// [profile.NAME], with what it inherits, and the defaults, filled in.
struct ProfileSettings {
  std::string name;
  std::string inherits; // empty: from none
  ipc::HandshakeRole role = ipc::HandshakeRole::Client;
  ipc::ClientAuthType client_auth_type = ipc::ClientAuthType::Required;
  ipc::Verification verification;       // without the index of the trust store
  std::vector<std::size_t> credentials; // indexes in Policy::credentials(), in their order
  std::vector<LocatedPath> truststore;  // files, directories, or system_truststore
  std::vector<LocatedPath> crls;        // files or directories
  PskKind psk = PskKind::None;
  std::optional<LocatedPath> psk_file; // with PskKind::File
  std::string psk_identity;            // as client; empty: the first one of the file
  std::string server_name;             // as client: to verify by when the request names none
  bool tls12 = true;
  bool tls13 = true;
  LocatedNames ciphers;
  LocatedNames groups;
  LocatedNames signature_algorithms;
  std::vector<std::string> alpn;
  bool session_tickets = false;  // as server
  std::vector<std::string> tags; // as server: what services in the kernel are told of a peer
  ipc::PeerLimits peer_limits;
  std::chrono::seconds handshake_timeout{10}; // not more than [agent]'s
  std::chrono::seconds first_byte_timeout{10};
  // Which applications may use it: whose user, or one of whose groups, or whose unit is in here.
  // All three empty: all may. Services in the kernel are no application.
  std::vector<uid_t> allowed_users;
  std::vector<gid_t> allowed_groups;
  std::vector<std::string> allowed_units; // "*" at the end: all that begin so
  MappingDemands mapping;                 // as server
  LogLevel log_level = LogLevel::Info;
  // Where the secrets of its sessions are written to: whoever reads it can decrypt them. Never
  // inherited.
  std::optional<LocatedPath> key_log_file;
  std::string where; // of the table

  // As server: that the user is asked for whom a client's certificate belongs to.
  [[nodiscard]] bool asks_user() const {
    return can_ask_user() &&
           (client_auth_type == ipc::ClientAuthType::SafCheck || mapping.map_user);
  }
  [[nodiscard]] bool can_ask_user() const {
    return role == ipc::HandshakeRole::ServerWithClientAuth && psk == PskKind::None &&
           client_auth_type != ipc::ClientAuthType::PassThru;
  }
  [[nodiscard]] bool needs_user() const {
    return asks_user() && client_auth_type == ipc::ClientAuthType::SafCheck;
  }
  [[nodiscard]] bool may_be_used_by(const Facts& facts) const;
};

// In LocatedPath::path of a trust store: that of the operating system.
inline constexpr std::string_view system_truststore = "system";

// In Facts::network_namespace: that of the agent itself.
inline constexpr std::string_view own_network_namespace = "own";

// What happens to a connection. Clear: no TLS, on purpose.
enum class Action { Profile, Clear, Deny };

struct Rule {
  std::string name;
  std::int64_t priority = 1; // 1 to max_priority, the highest first
  Conditions conditions;
  std::vector<TimeWindow> times; // none: always
  Action action = Action::Deny;
  std::size_t profile = 0; // with Action::Profile: index in Policy::profiles()
  std::string where;

  [[nodiscard]] bool is_in_time(const LocalTime& time) const;
};

struct Decision {
  Action action = Action::Deny;
  const Rule* rule = nullptr;               // none: the default action
  const ProfileSettings* profile = nullptr; // with Action::Profile
  // The name that the peer, as client, asks for has to be known first: a rule that asks for it
  // could apply. All else here is what holds without a name.
  bool needs_server_name = false;
};

// Why a rule was, or was not, taken.
struct Step {
  const Rule* rule;
  // The name of the first condition that is not met, as in the file: "remote_port". None: it
  // applies, and is the last of the steps.
  std::optional<std::string_view> unmet;
};

// Numbers of users and groups, by name. Empty: there is none of that name.
struct Accounts {
  std::function<std::optional<uid_t>(const std::string&)> uid;
  std::function<std::optional<gid_t>(const std::string&)> gid;
};

// Facts that take system calls to find out, and that only some policies ask for.
struct AskedFacts {
  bool direction = false;
  bool groups = false;
  bool unit = false;
  bool executable = false;
  bool network_namespace = false;
  bool time = false;
};

class Policy {
public:
  Policy(Policy&&) noexcept;
  Policy& operator=(Policy&&) noexcept;
  ~Policy();

  [[nodiscard]] const AgentSettings& agent() const;
  [[nodiscard]] const std::vector<NamedCredential>& credentials() const;
  [[nodiscard]] const std::vector<ProfileSettings>& profiles() const;
  [[nodiscard]] const std::vector<Rule>& rules() const; // in the order in which they are asked
  [[nodiscard]] Action default_action() const;          // Deny or Clear
  [[nodiscard]] const AskedFacts& asked_facts() const;

  // `server_name_is_coming`: this side is the server of a handshake whose ClientHello has not been
  // read; facts.server_name is empty.
  [[nodiscard]] Decision decide(const Facts& facts, const LocalTime& time,
                                bool server_name_is_coming = false) const;
  // The rules up to the one that is taken.
  [[nodiscard]] std::vector<Step> explain(const Facts& facts, const LocalTime& time) const;

  struct Parts;
  explicit Policy(std::unique_ptr<const Parts> parts); // for parse_policy()

private:
  std::unique_ptr<const Parts> parts_;
};

inline constexpr unsigned max_workers = 256;
inline constexpr std::size_t max_network_namespaces = 64;
inline constexpr std::size_t max_tags = 64;                    // the kernel's limit
inline constexpr unsigned max_revalidation_interval = 604'800; // seconds: a week
inline constexpr int max_count = 1'000'000;                    // of handshakes or connections
inline constexpr int max_timeout_seconds = 600;
inline constexpr std::int64_t max_priority = 2'000'000'000; // AT-TLS: Priority

// All errors, each as "file:line: key: what is wrong".
struct Problems {
  std::vector<std::string> lines;
};

// Of all the files together, in the order in which they are to be read. No file at all: no profile
// and no rule.
[[nodiscard]] tl::expected<Policy, Problems> parse_policy(std::span<const SourceFile> files,
                                                          const Accounts& accounts);

} // namespace ktls::policy
