// SPDX-License-Identifier: GPL-2.0-or-later
#include "broker/session_record.hpp"

#include <netinet/in.h>

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <type_traits>
#include <utility>

namespace ktls {
namespace {

using nlohmann::json;

template<class Enumeration>
unsigned number_of(Enumeration value) {
  return static_cast<unsigned>(value);
}

enum class RecordKind : std::uint8_t { Terms = 1, Peer = 2, User = 3, Session = 4, End = 5 };

RecordBytes pack(RecordKind kind, std::uint64_t number, json map) {
  return json::to_cbor(json::array({number_of(kind), number, std::move(map)}));
}

json binary_of(std::span<const std::byte> bytes) {
  const auto* first = reinterpret_cast<const std::uint8_t*>(bytes.data());
  return json::binary({first, first + bytes.size()});
}
ipc::Der bytes_of(const json& value) {
  const auto bytes = std::as_bytes(std::span(value.get_binary()));
  return {bytes.begin(), bytes.end()};
}

// As the kernel has it; IPv4 and IPv6 alone.
json binary_of(const sockaddr_storage& address) {
  const auto size = address.ss_family == AF_INET    ? sizeof(sockaddr_in)
                    : address.ss_family == AF_INET6 ? sizeof(sockaddr_in6)
                                                    : 0;
  return binary_of(std::as_bytes(std::span(&address, 1)).first(size));
}
sockaddr_storage address_of(const json& value) {
  sockaddr_storage out{};
  const auto bytes = bytes_of(value);
  if (bytes.size() > sizeof out)
    return out;
  std::ranges::copy(bytes, std::as_writable_bytes(std::span(&out, 1)).begin());
  const auto size = out.ss_family == AF_INET    ? sizeof(sockaddr_in)
                    : out.ss_family == AF_INET6 ? sizeof(sockaddr_in6)
                                                : 0;
  return size == bytes.size() ? out : sockaddr_storage{};
}

// Whether it is one item, of known lengths, with few others around one another: the library takes
// stack for each, as far as there is any.
bool is_shallow_cbor(std::span<const std::uint8_t> bytes) {
  constexpr std::size_t most = 8;
  std::array<std::uint64_t, most> to_come{1}; // items, on each level
  std::size_t level = 0;
  for (;;) {
    while (to_come[level] == 0 && level > 0)
      --level;
    if (to_come[level] == 0 || bytes.empty())
      return to_come[level] == 0 && bytes.empty();
    --to_come[level];
    const unsigned type = bytes[0] >> 5U; // RFC 8949, section 3
    const unsigned info = bytes[0] & 0x1fU;
    const std::size_t more = info < 24 ? 0 : std::size_t{1} << (info - 24);
    if (info > 27 || more >= bytes.size())
      return false;
    std::uint64_t argument = info < 24 ? info : 0;
    for (const auto byte : bytes.subspan(1, more))
      argument = argument << 8U | byte;
    bytes = bytes.subspan(1 + more);
    const bool is_text = type == 2 || type == 3;
    const bool is_list = type == 4 || type == 5;
    if (type == 6 || ((is_text || is_list) && argument > bytes.size()))
      return false;
    if (is_text)
      bytes = bytes.subspan(argument);
    if (is_list && ++level == most)
      return false;
    if (is_list)
      to_come[level] = type == 5 ? 2 * argument : argument;
  }
}

// Whole, and not cut off: half a uid is root's. Of another the library says that it is null.
template<class Number>
Number number_in(const json& value) {
  const bool fits =
      value.is_number_unsigned()
          ? std::in_range<Number>(value.get<std::uint64_t>())
          : value.is_number_integer() && std::in_range<Number>(value.get<std::int64_t>());
  return fits ? value.get<Number>() : json().get<Number>();
}

template<class Value>
void read_into(const json& value, Value& member) {
  if constexpr (std::is_integral_v<Value> && !std::is_same_v<Value, bool>)
    member = number_in<Value>(value);
  else
    value.get_to(member);
}
void read_into(const json& value, ipc::SpkiHash& member) {
  for (std::size_t i = 0; i < member.size(); ++i)
    member[i] = number_in<std::uint8_t>(value.at(i));
}

// As far as the clock goes.
std::chrono::system_clock::time_point time_in(const json& value) {
  using std::chrono::microseconds;
  using Time = std::chrono::system_clock::time_point;
  const microseconds since(number_in<std::int64_t>(value));
  const auto most = std::chrono::floor<microseconds>(Time::duration::max());
  return Time(std::clamp(since, microseconds(0), most));
}

// One key of a map after the other, each into its member; what it does not have stays as it is.
class MapReader {
public:
  explicit MapReader(const json& map) : map_(map) {}

  template<class Value>
  void into(const char* key, Value& member) const {
    if (const auto* value = find(key))
      read_into(*value, member);
  }
  template<class Value>
  void into(const char* key, std::optional<Value>& member) const {
    if (const auto* value = find(key))
      read_into(*value, member.emplace());
  }
  // One of those up to `last`.
  template<class Enumeration>
  void choice(const char* key, Enumeration& member, Enumeration last) const {
    if (const auto* value = find(key); value && number_in<unsigned>(*value) <= number_of(last))
      member = static_cast<Enumeration>(number_in<unsigned>(*value));
  }
  [[nodiscard]] const json& at(const char* key) const { return map_.at(key); }
  [[nodiscard]] const json* find(const char* key) const {
    const auto found = map_.find(key);
    return found == map_.end() ? nullptr : &*found;
  }
  template<class Value>
  std::shared_ptr<const Value>
  shared(const char* key,
         const std::map<std::uint64_t, std::shared_ptr<const Value>>& known) const {
    const auto* number = find(key);
    return number != nullptr ? known.at(number_in<std::uint64_t>(*number)) : nullptr;
  }

private:
  const json& map_;
};

SessionTerms terms_of(const MapReader& map) {
  SessionTerms out;
  map.choice("origin", out.origin, policy::Origin::Listener);
  map.choice("role", out.role, ipc::HandshakeRole::ServerWithClientAuth);
  map.into("consumer", out.consumer);
  map.into("netns", out.network_namespace);
  map.into("rule", out.rule);
  map.into("profile", out.profile);
  map.into("generation", out.generation);
  map.choice("revoked", out.when_revoked, policy::RevokedSessions::End);
  map.into("protocol", out.protocol);
  map.into("cipher", out.cipher);
  map.into("group", out.group);
  map.into("signature", out.signature);
  map.into("sni", out.server_name);
  map.into("alpn", out.alpn);
  map.into("resumed", out.resumed);
  map.into("authenticated", out.authenticated);
  map.into("key_logged", out.key_logged);
  map.into("uid", out.uid);
  map.into("unit", out.unit);
  return out;
}

// Without a certificate it would be none.
Peer peer_of(const MapReader& map) {
  Peer out;
  map.into("subject", out.subject);
  map.into("issuer", out.issuer);
  out.chain.push_back(bytes_of(map.at("chain").at(0)));
  for (std::size_t i = 1; i < map.at("chain").size(); ++i)
    out.chain.push_back(bytes_of(map.at("chain").at(i)));
  return out;
}

MappedUser user_of(const MapReader& map) {
  MappedUser out;
  map.into("name", out.name);
  out.uid = number_in<uid_t>(map.at("uid"));
  map.choice("strength", out.strength, policy::MappingStrength::Strong);
  map.into("source", out.source);
  map.into("rule", out.rule);
  map.into("attribute", out.attribute);
  map.into("groups", out.groups);
  return out;
}

Session session_of(std::uint64_t cookie, const MapReader& map, const SharedParts& known) {
  Session out;
  out.cookie = cookie;
  map.into("netns", out.network_namespace);
  map.into("inode", out.inode);
  out.addresses = {address_of(map.at("local")), address_of(map.at("remote"))};
  out.terms = known.terms.at(number_in<std::uint64_t>(map.at("terms")));
  out.peer = map.shared("peer", known.peers);
  out.user = map.shared("user", known.users);
  map.into("anchor", out.anchor_spki);
  map.into("psk", out.psk_identity);
  map.into("pid", out.pid);
  map.into("recovered", out.recovered);
  out.foreign = out.recovered;
  out.began = time_in(map.at("began"));
  return out;
}

} // namespace

RecordBytes record_of(std::uint64_t number, const SessionTerms& terms) {
  json map = {{"origin", number_of(terms.origin)},
              {"role", number_of(terms.role)},
              {"consumer", terms.consumer},
              {"netns", terms.network_namespace},
              {"rule", terms.rule},
              {"profile", terms.profile},
              {"generation", terms.generation},
              {"revoked", number_of(terms.when_revoked)},
              {"protocol", terms.protocol},
              {"cipher", terms.cipher},
              {"group", terms.group},
              {"signature", terms.signature},
              {"sni", terms.server_name},
              {"alpn", terms.alpn},
              {"resumed", terms.resumed},
              {"authenticated", terms.authenticated},
              {"key_logged", terms.key_logged},
              {"unit", terms.unit}};
  if (terms.uid)
    map["uid"] = *terms.uid;
  return pack(RecordKind::Terms, number, std::move(map));
}

RecordBytes record_of(std::uint64_t number, const Peer& peer) {
  auto chain = json::array();
  for (const auto& der : peer.chain)
    chain.push_back(binary_of(der));
  return pack(RecordKind::Peer, number,
              {{"subject", peer.subject}, {"issuer", peer.issuer}, {"chain", std::move(chain)}});
}

RecordBytes record_of(std::uint64_t number, const MappedUser& user) {
  return pack(RecordKind::User, number,
              {{"name", user.name},
               {"uid", user.uid},
               {"strength", number_of(user.strength)},
               {"source", user.source},
               {"rule", user.rule},
               {"attribute", user.attribute},
               {"groups", user.groups}});
}

RecordBytes record_of(const Session& session, const SharedNumbers& shared) {
  const auto since =
      std::chrono::floor<std::chrono::microseconds>(session.began.time_since_epoch());
  json map = {{"netns", session.network_namespace},
              {"inode", session.inode},
              {"local", binary_of(session.addresses.local)},
              {"remote", binary_of(session.addresses.remote)},
              {"terms", shared.terms},
              {"began", since.count()}};
  if (shared.peer != 0)
    map["peer"] = shared.peer;
  if (shared.user != 0) {
    map["user"] = shared.user;
    map["anchor"] = session.anchor_spki; // as numbers
  }
  if (!session.psk_identity.empty())
    map["psk"] = session.psk_identity;
  if (session.pid != 0)
    map["pid"] = session.pid;
  if (session.recovered)
    map["recovered"] = true;
  return pack(RecordKind::Session, session.cookie, std::move(map));
}

RecordBytes record_of_end(std::uint64_t cookie) {
  return pack(RecordKind::End, cookie, json::object());
}

// The library says by an exception what is not as it has to be.
Result<> RecordReader::read(std::span<const std::uint8_t> record) try {
  if (!is_shallow_cbor(record))
    return invalid("a record of a session is none");
  const auto parsed = json::from_cbor(record.begin(), record.end());
  const auto number = number_in<std::uint64_t>(parsed.at(1));
  const MapReader map(parsed.at(2));
  switch (static_cast<RecordKind>(number_in<std::uint8_t>(parsed.at(0)))) {
  case RecordKind::Terms:
    known_.terms[number] = std::make_shared<const SessionTerms>(terms_of(map));
    break;
  case RecordKind::Peer:
    known_.peers[number] = std::make_shared<const Peer>(peer_of(map));
    break;
  case RecordKind::User:
    known_.users[number] = std::make_shared<const MappedUser>(user_of(map));
    break;
  case RecordKind::Session:
    sessions_.insert_or_assign(number, session_of(number, map, known_));
    break;
  case RecordKind::End:
    sessions_.erase(number);
    break;
  }
  return {};
} catch (const std::exception& wrong) {
  return invalid(std::string("a record of a session: ") + wrong.what());
}

std::vector<Session> RecordReader::sessions() && {
  std::vector<Session> out;
  for (auto& [cookie, session] : sessions_)
    out.push_back(std::move(session));
  return out;
}

} // namespace ktls
