// SPDX-License-Identifier: GPL-2.0-or-later
// What goes both ways is named once, in the each_...() below, with its key and its member.
#include "bus/agent1_codec.hpp"

#include <algorithm>
#include <array>
#include <charconv>

#include "base/ip_address.hpp"
#include "base/text.hpp"
#include "bus/dictionary_reader.hpp"

namespace ktls::bus {
namespace {

template<class Details, class Visit>
void each_detail(Details& details, Visit visit) {
  auto& row = details.row;
  visit("Id", row.id);
  visit("Origin", row.origin);
  visit("State", row.state);
  visit("Role", row.role);
  visit("Local", row.local);
  visit("Remote", row.remote);
  visit("NetworkNamespace", details.network_namespace);
  visit("Protocol", row.protocol);
  visit("Cipher", row.cipher);
  visit("Group", details.group);
  visit("Signature", details.signature);
  visit("ServerName", details.server_name);
  visit("Alpn", details.alpn);
  visit("Resumed", details.resumed);
  visit("KeyLogged", details.key_logged);
  visit("Rule", row.rule);
  visit("Profile", row.profile);
  visit("Generation", details.generation);
  visit("Uid", row.uid);
  visit("Pid", row.pid);
  visit("Unit", details.unit);
  visit("PeerSubject", details.peer_subject);
  visit("PeerIssuer", details.peer_issuer);
  visit("PeerFingerprint", details.peer_fingerprint);
  visit("PskIdentity", details.psk_identity);
  visit("Authenticated", details.authenticated);
  visit("User", row.user);
  visit("UserUid", details.user_uid);
  visit("MapSource", details.map_source);
  visit("MapRule", details.map_rule);
  visit("MapStrength", details.map_strength);
  visit("Began", row.began_us);
  visit("TxMode", details.tx_mode);
  visit("RxMode", details.rx_mode);
  visit("Rekeys", details.rekeys);
}

template<class Filter, class Visit>
void each_key_of_filter(Filter& filter, Visit visit) {
  visit("Origin", filter.origin);
  visit("Role", filter.role);
  visit("State", filter.state);
  visit("Protocol", filter.protocol);
  visit("Cipher", filter.cipher);
  visit("Rule", filter.rule);
  visit("Profile", filter.profile);
  visit("User", filter.user);
  visit("Unit", filter.unit);
  visit("Local", filter.local);
  visit("Remote", filter.remote);
  visit("LocalPort", filter.local_port);
  visit("RemotePort", filter.remote_port);
  visit("Uid", filter.uid);
  visit("Pid", filter.pid);
  visit("Peer", filter.peer);
  visit("BelowGeneration", filter.below_generation);
}

template<class Question, class Visit>
void each_fact(Question& question, Visit visit) {
  visit("Origin", question.origin);
  visit("Role", question.role);
  visit("Direction", question.direction);
  visit("Local", question.local);
  visit("LocalPort", question.local_port);
  visit("Remote", question.remote);
  visit("RemotePort", question.remote_port);
  visit("Uid", question.uid);
  visit("Gid", question.gid);
  visit("Unit", question.unit);
  visit("Executable", question.executable);
  visit("ServerName", question.server_name);
  visit("NetworkNamespace", question.network_namespace);
}

template<class Handshake, class Visit>
void each_fact_of_failed(Handshake& handshake, Visit visit) {
  visit("Origin", handshake.origin);
  visit("Role", handshake.role);
  visit("Local", handshake.local);
  visit("Remote", handshake.remote);
  visit("Uid", handshake.uid);
  visit("Pid", handshake.pid);
  visit("Rule", handshake.rule);
  visit("Profile", handshake.profile);
  visit("Peer", handshake.peer);
  visit("User", handshake.user);
}

bool is_known(const std::string& text, std::string_view) {
  return !text.empty();
}
bool is_known(std::uint32_t number, std::string_view key) {
  return number != (key == "Uid" ? no_owner : 0);
}

sdbus::Variant variant_of(const std::string& text) {
  return sdbus::Variant(bus_text(text));
}
template<class Number>
sdbus::Variant variant_of(Number number) {
  return sdbus::Variant(number);
}

// Puts in what is set.
struct Putter {
  Dictionary& into;

  template<class T>
  void operator()(const char* key, const std::optional<T>& value) const {
    if (value)
      into.emplace(key, variant_of(*value));
  }
};

// Takes over what is there and of the type.
struct Taker {
  const Dictionary& from;

  template<class T>
  void operator()(const char* key, T& into) const {
    const auto found = from.find(key);
    if (found != from.end() && found->second.containsValueOfType<T>())
      into = found->second.get<T>();
  }
};

struct Checker {
  DictionaryReader& reader;

  void operator()(const char* key, std::optional<std::string>& into) const {
    into = reader.text(key);
  }
  void operator()(const char* key, std::optional<std::uint16_t>& into) const {
    into = reader.number16(key);
  }
  void operator()(const char* key, std::optional<std::uint32_t>& into) const {
    into = reader.number32(key);
  }
  void operator()(const char* key, std::optional<std::uint64_t>& into) const {
    into = reader.number64(key);
  }
};

bool is_address_or_prefix(std::string_view text) {
  const auto slash = text.find('/');
  const auto address = IpAddress::parse(text.substr(0, slash));
  if (!address || slash == std::string_view::npos)
    return address.has_value();
  const auto digits = text.substr(slash + 1);
  unsigned length = 0;
  const auto [end, error] = std::from_chars(digits.begin(), digits.end(), length);
  return error == std::errc() && end == digits.end() && length <= address->bits();
}

void check_words(DictionaryReader& reader, const SessionFilter& filter) {
  static constexpr std::array<std::string_view, 3> origins{"kernel", "application", "foreign"};
  static constexpr std::array<std::string_view, 2> states{"open", "recovered"};
  // the empty one: not known
  static constexpr std::array<std::string_view, 4> roles{"", "client", "server",
                                                         "server-with-client-auth"};
  const auto check = [&reader](const char* key, const auto& value, const auto& words) {
    if (value && std::ranges::find(words, *value) == words.end())
      reader.complain(fmt::format("{} cannot be {}", key, escape(*value, 64)));
  };
  check("Origin", filter.origin, origins);
  check("State", filter.state, states);
  check("Role", filter.role, roles);
}

void check_addresses(DictionaryReader& reader, const SessionFilter& filter) {
  for (const auto& [key, value] :
       {std::pair("Local", &filter.local), std::pair("Remote", &filter.remote)}) {
    if (*value && !is_address_or_prefix(**value))
      reader.complain(
          fmt::format("{} is neither an address nor a prefix: {}", key, escape(**value, 64)));
  }
}

template<class T>
tl::expected<T, std::string> unless_bad(DictionaryReader& reader, T value) {
  if (!reader.problem().empty())
    return tl::make_unexpected(reader.problem());
  return value;
}

} // namespace

std::string bus_text(const std::string& text) {
  constexpr std::size_t longest_escape = 4;
  return is_utf8(text) ? text : escape(text, text.size() * longest_escape);
}

RowStruct to_bus(const SessionRow& row) {
  return {row.id,
          bus_text(row.origin),
          bus_text(row.state),
          bus_text(row.role),
          bus_text(row.local),
          bus_text(row.remote),
          bus_text(row.protocol),
          bus_text(row.cipher),
          bus_text(row.peer),
          bus_text(row.user),
          bus_text(row.rule),
          bus_text(row.profile),
          row.uid,
          row.pid,
          row.began_us};
}

SessionRow from_bus(const RowStruct& row) {
  return {std::get<0>(row),  std::get<1>(row),  std::get<2>(row),  std::get<3>(row),
          std::get<4>(row),  std::get<5>(row),  std::get<6>(row),  std::get<7>(row),
          std::get<8>(row),  std::get<9>(row),  std::get<10>(row), std::get<11>(row),
          std::get<12>(row), std::get<13>(row), std::get<14>(row)};
}

NotEndedStruct to_bus(const NotEnded& session) {
  return {session.id, error_name(session.why.refusal), bus_text(session.why.text)};
}

NotEnded from_bus(const NotEndedStruct& session) {
  const auto refusal = agent_refusal_of(std::get<1>(session));
  return {std::get<0>(session),
          {refusal.value_or(AgentRefusal::NotPossible), std::get<2>(session)}};
}

SampleStruct to_bus(const Sample& sample) {
  std::map<std::string, std::string> labels;
  for (const auto& [label, value] : sample.labels)
    labels.emplace(bus_text(label), bus_text(value));
  return {bus_text(sample.name), std::move(labels), sample.value};
}

Sample from_bus(const SampleStruct& sample) {
  return {std::get<0>(sample), std::get<1>(sample), std::get<2>(sample)};
}

CredentialStruct to_bus(const CredentialRow& credential) {
  return {
      bus_text(credential.name),    bus_text(credential.file),   bus_text(credential.place),
      bus_text(credential.subject), bus_text(credential.issuer), bus_text(credential.fingerprint),
      bus_text(credential.key),     credential.not_before_us,    credential.not_after_us};
}

CredentialRow from_bus(const CredentialStruct& credential) {
  return {std::get<0>(credential), std::get<1>(credential), std::get<2>(credential),
          std::get<3>(credential), std::get<4>(credential), std::get<5>(credential),
          std::get<6>(credential), std::get<7>(credential), std::get<8>(credential)};
}

LogLevelStruct to_bus(const LogLevelRow& row) {
  return {bus_text(row.profile), bus_text(row.level), bus_text(row.by_policy),
          bus_text(row.key_log_file)};
}

LogLevelRow from_bus(const LogLevelStruct& row) {
  return {std::get<0>(row), std::get<1>(row), std::get<2>(row), std::get<3>(row)};
}

Dictionary to_bus(const SessionDetails& details) {
  Dictionary out;
  each_detail(details,
              [&out](const char* key, const auto& value) { out.emplace(key, variant_of(value)); });
  return out;
}

void put_detail(sdbus::Message& into, const SessionDetails& details, std::string_view key) {
  each_detail(details, [&into, key](const char* its_key, const auto& value) {
    if (key != its_key)
      return;
    if constexpr (std::is_same_v<decltype(value), const std::string&>)
      into << bus_text(value);
    else
      into << value;
  });
}

SessionDetails details_from(const Dictionary& dictionary) {
  SessionDetails details;
  each_detail(details, Taker{dictionary});
  return details;
}

Dictionary to_bus(const FailedHandshake& handshake) {
  Dictionary out;
  each_fact_of_failed(handshake, [&out](const char* key, const auto& value) {
    if (is_known(value, key))
      out.emplace(key, variant_of(value));
  });
  return out;
}

FailedHandshake failed_handshake_from(const Dictionary& dictionary) {
  FailedHandshake handshake;
  each_fact_of_failed(handshake, Taker{dictionary});
  return handshake;
}

Dictionary to_bus(const SessionFilter& filter) {
  Dictionary out;
  each_key_of_filter(filter, Putter{out});
  return out;
}

tl::expected<SessionFilter, std::string> filter_from(const Dictionary& dictionary) {
  if (dictionary.size() > max_filter)
    return tl::make_unexpected(fmt::format("it has more than {} keys", max_filter));
  DictionaryReader reader(dictionary, max_filter_text);
  SessionFilter filter;
  each_key_of_filter(filter, Checker{reader});
  check_words(reader, filter);
  check_addresses(reader, filter);
  reader.refuse_others();
  return unless_bad(reader, std::move(filter));
}

Dictionary to_bus(const PolicyQuestion& question) {
  Dictionary out;
  each_fact(question, Putter{out});
  if (!question.groups.empty())
    out.emplace("Groups", sdbus::Variant(question.groups));
  return out;
}

tl::expected<PolicyQuestion, std::string> question_from(const Dictionary& dictionary) {
  if (dictionary.size() > max_facts)
    return tl::make_unexpected(fmt::format("there are more than {} facts", max_facts));
  DictionaryReader reader(dictionary, max_filter_text);
  PolicyQuestion question;
  each_fact(question, Checker{reader});
  question.groups =
      reader.take<std::vector<std::uint32_t>>("Groups", "au").value_or(question.groups);
  if (question.groups.size() > max_question_groups)
    reader.complain(fmt::format("Groups are more than {}", max_question_groups));
  reader.refuse_others();
  return unless_bad(reader, std::move(question));
}

Dictionary options_of(bool interactive) {
  if (!interactive)
    return {};
  return {{"Interactive", sdbus::Variant(true)}};
}

tl::expected<bool, std::string> interactive_in(const Dictionary& options) {
  DictionaryReader reader(options, max_filter_text);
  const bool interactive = reader.take<bool>("Interactive", "b").value_or(false);
  reader.refuse_others();
  return unless_bad(reader, interactive);
}

} // namespace ktls::bus
