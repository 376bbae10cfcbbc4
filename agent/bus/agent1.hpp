// SPDX-License-Identifier: GPL-2.0-or-later
// What org.ktlsctl.Agent1 says, in types of our own: see the interfaces' XML for what each means.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <vector>

namespace ktls::bus {

inline constexpr const char* agent_name = "org.ktlsctl.Agent1"; // of the bus
inline constexpr const char* agent_path = "/org/ktlsctl/Agent1";
inline constexpr const char* manager_interface = "org.ktlsctl.Agent1.Manager";
inline constexpr const char* session_interface = "org.ktlsctl.Agent1.Session";
inline constexpr std::uint32_t no_owner = 0xffffffff;

inline constexpr std::uint32_t max_page = 1000;
inline constexpr std::size_t max_ids = 1000;
inline constexpr std::size_t max_filter = 16;
inline constexpr std::size_t max_subscribers = 32;
inline constexpr std::size_t max_calls = 64;
inline constexpr std::size_t max_calls_of_one = 8;

// The actions that polkit is asked about.
enum class Action : std::uint8_t {
  Read,
  Terminate,
  Rekey,
  Revalidate,
  Reload,
  Monitor,
  SetLogLevel
};
[[nodiscard]] std::string_view name_of(Action action); // "org.ktlsctl.agent1.read"

enum class AgentRefusal : std::uint8_t {
  NoSuchSession,
  NotASocket,
  InvalidFilter,
  NotPossible,
  Busy,
  MapperUnavailable,
};
[[nodiscard]] std::string_view name_of(AgentRefusal refusal); // "NoSuchSession"
[[nodiscard]] std::string error_name(AgentRefusal refusal);   // "org.ktlsctl.Agent1.Error..."
// None for the name of any other error.
[[nodiscard]] std::optional<AgentRefusal> agent_refusal_of(std::string_view error_name);

struct AgentRefused {
  AgentRefusal refusal = AgentRefusal::NotPossible;
  std::string text;
};
template<class T = void>
using AgentAnswer = tl::expected<T, AgentRefused>;

// What a list shows of a session. Text that is not known is empty.
struct SessionRow {
  std::uint64_t id = 0;
  std::string origin;
  std::string state;
  std::string role;
  std::string local;
  std::string remote;
  std::string protocol;
  std::string cipher;
  std::string peer;
  std::string user;
  std::string rule;
  std::string profile;
  std::uint32_t uid = no_owner;
  std::uint32_t pid = 0;
  std::uint64_t began_us = 0;
};

// All that is known of one, beside the peer's certificates.
struct SessionDetails {
  SessionRow row; // its `peer` goes unused: the next five say it in parts
  std::string peer_subject;
  std::string peer_issuer;
  std::string peer_fingerprint;
  std::string psk_identity;
  bool authenticated = false;
  std::string network_namespace;
  std::string group;
  std::string signature;
  std::string server_name;
  std::string alpn;
  bool resumed = false;
  bool key_logged = false;
  std::uint64_t generation = 0;
  std::string unit;
  std::uint32_t user_uid = no_owner;
  std::string map_source;
  std::string map_rule;
  std::string map_strength;
  std::string tx_mode;
  std::string rx_mode;
  std::uint32_t rekeys = 0;
};

// All that are set have to hold.
struct SessionFilter {
  std::optional<std::string> origin;
  std::optional<std::string> role;
  std::optional<std::string> state;
  std::optional<std::string> protocol;
  std::optional<std::string> cipher;
  std::optional<std::string> rule;
  std::optional<std::string> profile;
  std::optional<std::string> user;
  std::optional<std::string> unit;
  std::optional<std::string> local; // an address or a prefix
  std::optional<std::string> remote;
  std::optional<std::uint16_t> local_port;
  std::optional<std::uint16_t> remote_port;
  std::optional<std::uint32_t> uid; // of the owner
  std::optional<std::uint32_t> pid;
  std::optional<std::string> peer; // somewhere in the subject
  std::optional<std::uint64_t> below_generation;
};

struct SessionPage {
  std::vector<SessionRow> sessions;
  std::uint64_t next = 0;
};

struct NotEnded {
  std::uint64_t id = 0;
  AgentRefused why;
};

struct RevalidationCounts {
  std::uint32_t judged = 0;
  std::uint32_t revoked = 0;
  std::uint32_t ended = 0;
  std::uint32_t undecided = 0;
};

// As the options of `ktlsctl policy explain`.
struct PolicyQuestion {
  std::optional<std::string> origin;
  std::optional<std::string> role;
  std::optional<std::string> direction;
  std::optional<std::string> local;
  std::optional<std::uint16_t> local_port;
  std::optional<std::string> remote;
  std::optional<std::uint16_t> remote_port;
  std::optional<std::uint32_t> uid;
  std::optional<std::uint32_t> gid;
  std::vector<std::uint32_t> groups;
  std::optional<std::string> unit;
  std::optional<std::string> executable;
  std::optional<std::string> server_name;
  std::optional<std::string> network_namespace;
};
struct PolicyAnswer {
  std::string action;
  std::string rule;
  std::string profile;
  std::string explanation;
};

struct MappingVerdict {
  std::string user;
  std::uint32_t uid = no_owner;
  std::string strength;
  std::string reason; // empty: the profile would have this user
  std::string why;
};

// One of the metrics.
struct Sample {
  std::string name;
  std::map<std::string, std::string> labels;
  double value = 0;
};

struct CredentialRow {
  std::string name;
  std::string file;
  std::string place; // file:line of the configuration
  std::string subject;
  std::string issuer;
  std::string fingerprint;
  std::string key;
  std::int64_t not_before_us = 0;
  std::int64_t not_after_us = 0;
};

// Instead of a level: what the policy says.
inline constexpr std::string_view default_log_level = "default";

// Of a profile.
struct LogLevelRow {
  std::string profile;
  std::string level;             // in force
  std::string by_policy;         // what the policy says
  std::string key_log_file = {}; // empty: its keys are not logged
};

struct ReloadAnswer {
  std::uint64_t generation = 0;
  std::vector<std::string> problems;
};

// Of a handshake that failed: what is known of it. Not known: as in SessionRow.
struct FailedHandshake {
  std::string reason;
  std::string text;
  std::string origin;
  std::string role;
  std::string local;
  std::string remote;
  std::uint32_t uid = no_owner;
  std::uint32_t pid = 0;
  std::string rule;
  std::string profile;
  std::string peer;
  std::string user;
};

// The manager's properties.
struct AgentStatus {
  std::string version;
  std::uint64_t started_us = 0;
  std::uint64_t policy_generation = 0;
  std::uint64_t policy_loaded_us = 0;
  std::uint32_t sessions = 0;
  std::uint32_t handshakes_in_flight = 0;
  std::uint32_t workers = 0;
  std::vector<std::string> features;
  std::uint32_t key_logged_profiles = 0;
};

} // namespace ktls::bus
