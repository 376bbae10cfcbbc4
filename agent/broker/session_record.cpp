// SPDX-License-Identifier: GPL-2.0-or-later
#include "broker/session_record.hpp"

#include <netinet/in.h>

#include <algorithm>
#include <nlohmann/json.hpp>
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

// One key of a map after the other, each into its member; what it does not have stays as it is.
class MapReader {
public:
  explicit MapReader(const json& map) : map_(map) {}

  template<class Value>
  void into(const char* key, Value& member) const {
    if (const auto* value = find(key))
      value->get_to(member);
  }
  template<class Value>
  void into(const char* key, std::optional<Value>& member) const {
    if (const auto* value = find(key))
      member = value->template get<Value>();
  }
  // One of those up to `last`.
  template<class Enumeration>
  void choice(const char* key, Enumeration& member, Enumeration last) const {
    if (const auto* value = find(key); value && value->get<unsigned>() <= number_of(last))
      member = static_cast<Enumeration>(value->get<unsigned>());
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
    return number != nullptr ? known.at(number->get<std::uint64_t>()) : nullptr;
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
  out.uid = map.at("uid").get<uid_t>();
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
  out.terms = known.terms.at(map.at("terms").get<std::uint64_t>());
  out.peer = map.shared("peer", known.peers);
  out.user = map.shared("user", known.users);
  map.into("anchor", out.anchor_spki);
  map.into("psk", out.psk_identity);
  map.into("pid", out.pid);
  map.into("recovered", out.recovered);
  out.foreign = out.recovered;
  out.began = std::chrono::system_clock::time_point(
      std::chrono::microseconds(map.at("began").get<std::int64_t>()));
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
  const auto parsed = json::from_cbor(record.begin(), record.end());
  const auto number = parsed.at(1).get<std::uint64_t>();
  const MapReader map(parsed.at(2));
  switch (static_cast<RecordKind>(parsed.at(0).get<std::uint8_t>())) {
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
