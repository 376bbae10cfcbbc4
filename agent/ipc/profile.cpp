// SPDX-License-Identifier: GPL-2.0-or-later
#include "ipc/profile.hpp"

#include <algorithm>
#include <cstring>

namespace ktls::ipc {
namespace {

constexpr std::uint32_t magic = 0x6b746333; // "ktc3": a change of the layout changes it

class Writer {
public:
  void number(std::uint32_t value) { append(std::as_bytes(std::span(&value, 1))); }
  void bytes(std::span<const std::byte> data) {
    number(static_cast<std::uint32_t>(data.size()));
    append(data);
  }
  std::vector<std::byte> take() { return std::move(out_); }

private:
  void append(std::span<const std::byte> data) {
    out_.insert(out_.end(), data.begin(), data.end());
  }
  std::vector<std::byte> out_;
};

class Reader {
public:
  explicit Reader(std::span<const std::byte> in) : in_(in) {}

  Result<std::uint32_t> number() {
    std::uint32_t value = 0;
    const auto piece = TRY(take(sizeof value));
    std::memcpy(&value, piece.data(), sizeof value);
    return value;
  }
  Result<std::span<const std::byte>> bytes() {
    const auto size = TRY(number());
    return take(size);
  }
  [[nodiscard]] std::size_t left() const { return in_.size(); }

private:
  Result<std::span<const std::byte>> take(std::size_t size) {
    if (size > in_.size())
      return invalid("worker configuration is cut short");
    const auto piece = in_.first(size);
    in_ = in_.subspan(size);
    return piece;
  }
  std::span<const std::byte> in_;
};

std::span<const std::byte> bytes_of(const Der& der) {
  return der;
}
std::span<const std::byte> bytes_of(const std::string& text) {
  return std::as_bytes(std::span(text));
}
void assign(Der& to, std::span<const std::byte> bytes) {
  to.assign(bytes.begin(), bytes.end());
}
void assign(std::string& to, std::span<const std::byte> bytes) {
  to.assign(reinterpret_cast<const char*>(bytes.data()), bytes.size());
}

template<class Item>
void write_list(Writer& out, const std::vector<Item>& list) {
  out.number(static_cast<std::uint32_t>(list.size()));
  for (const auto& item : list)
    out.bytes(bytes_of(item));
}

// Each entry has at least its own length: a count that is larger than that cannot be true.
Result<std::uint32_t> read_count(Reader& in, std::size_t limit) {
  const auto count = TRY(in.number());
  if (count > std::min(limit, in.left() / sizeof(std::uint32_t)))
    return invalid("worker configuration is cut short, or one of its lists is too long");
  return count;
}

template<class Item>
Result<std::vector<Item>> read_list(Reader& in, std::size_t limit) {
  const auto count = TRY(read_count(in, limit));
  std::vector<Item> list(count);
  for (auto& item : list)
    assign(item, TRY(in.bytes()));
  return list;
}

// One of the values `least` to `most`.
template<class Enumeration>
Result<> read_choice(Reader& in, Enumeration least, Enumeration most, Enumeration& out) {
  const auto value = TRY(in.number());
  if (value < static_cast<std::uint32_t>(least) || value > static_cast<std::uint32_t>(most))
    return invalid("worker configuration has an unknown value");
  out = static_cast<Enumeration>(value);
  return {};
}

void write_credential(Writer& out, const Credential& credential) {
  out.number(credential.key_id);
  write_list(out, credential.chain);
  out.bytes(credential.ocsp_response);
}

void write_trust_store(Writer& out, const TrustStore& store) {
  write_list(out, store.anchors);
  write_list(out, store.crls);
}

void write_verification(Writer& out, const Verification& verification) {
  out.number(verification.trust_store);
  out.number(static_cast<std::uint32_t>(verification.proof));
  out.number(static_cast<std::uint32_t>(verification.revocation));
  out.number(verification.trust_intermediates ? 1 : 0);
  out.number(verification.require_ocsp_staple ? 1 : 0);
  out.number(verification.min_rsa_bits);
  out.number(verification.min_ec_bits);
  out.number(static_cast<std::uint32_t>(verification.pins.size()));
  for (const auto& pin : verification.pins)
    out.bytes(std::as_bytes(std::span(pin)));
}

void write_profile(Writer& out, const Profile& profile) {
  out.number(static_cast<std::uint32_t>(profile.role));
  out.number(static_cast<std::uint32_t>(profile.client_auth_type));
  out.number(static_cast<std::uint32_t>(profile.authentication));
  out.number(profile.session_tickets ? 1 : 0);
  out.bytes(bytes_of(profile.priority));
  out.number(static_cast<std::uint32_t>(profile.credentials.size()));
  for (const auto credential : profile.credentials)
    out.number(credential);
  write_verification(out, profile.verification);
  write_list(out, profile.alpn);
  out.number(profile.peer_limits.chain_length);
  out.number(profile.peer_limits.chain_bytes);
  out.number(profile.peer_limits.rsa_bits);
  out.number(profile.peer_limits.rsa_exponent_bits);
}

template<class Item>
void write_each(Writer& out, const std::vector<Item>& list, void (*write)(Writer&, const Item&)) {
  out.number(static_cast<std::uint32_t>(list.size()));
  for (const auto& item : list)
    write(out, item);
}

constexpr std::size_t any = 0xffffffff;

Result<Credential> read_credential(Reader& in) {
  Credential credential;
  credential.key_id = TRY(in.number());
  credential.chain = TRY(read_list<Der>(in, Credential::max_chain));
  assign(credential.ocsp_response, TRY(in.bytes()));
  if (credential.key_id == 0 || credential.chain.empty())
    return invalid("worker configuration has a credential without a key or a chain");
  return credential;
}

Result<TrustStore> read_trust_store(Reader& in) {
  TrustStore store;
  store.anchors = TRY(read_list<Der>(in, any));
  store.crls = TRY(read_list<Der>(in, any));
  return store;
}

Result<Verification> read_verification(Reader& in) {
  Verification out;
  out.trust_store = TRY(in.number());
  TRY(read_choice(in, Proof::Nothing, Proof::Name, out.proof));
  TRY(read_choice(in, RevocationLevel::None, RevocationLevel::High, out.revocation));
  TRY(read_choice(in, false, true, out.trust_intermediates));
  TRY(read_choice(in, false, true, out.require_ocsp_staple));
  out.min_rsa_bits = TRY(in.number());
  out.min_ec_bits = TRY(in.number());
  const auto pins = TRY(read_count(in, Profile::max_pins));
  for (std::uint32_t i = 0; i < pins; ++i) {
    const auto bytes = TRY(in.bytes());
    if (bytes.size() != sizeof(SpkiHash))
      return invalid("worker configuration has a pin of a wrong size");
    std::memcpy(out.pins.emplace_back().data(), bytes.data(), bytes.size());
  }
  return out;
}

Result<Profile> read_profile(Reader& in) {
  Profile profile;
  TRY(read_choice(in, HandshakeRole::Client, HandshakeRole::ServerWithClientAuth, profile.role));
  TRY(read_choice(in, ClientAuthType::PassThru, ClientAuthType::SafCheck,
                  profile.client_auth_type));
  TRY(read_choice(in, Authentication::Certificate, Authentication::PreSharedKey,
                  profile.authentication));
  TRY(read_choice(in, false, true, profile.session_tickets));
  assign(profile.priority, TRY(in.bytes()));
  profile.credentials.resize(TRY(read_count(in, Profile::max_credentials)));
  for (auto& credential : profile.credentials)
    credential = TRY(in.number());
  profile.verification = TRY(read_verification(in));
  profile.alpn = TRY(read_list<std::string>(in, Profile::max_alpn));
  for (const auto& name : profile.alpn) {
    if (name.empty() || name.size() > Profile::max_alpn_name)
      return invalid("worker configuration has a protocol name of a wrong size");
  }
  profile.peer_limits.chain_length = TRY(in.number());
  profile.peer_limits.chain_bytes = TRY(in.number());
  profile.peer_limits.rsa_bits = TRY(in.number());
  profile.peer_limits.rsa_exponent_bits = TRY(in.number());
  return profile;
}

template<class Item>
Result<> read_each(Reader& in, std::vector<Item>& list, Result<Item> (*read)(Reader&)) {
  const auto count = TRY(read_count(in, any));
  for (std::uint32_t i = 0; i < count; ++i)
    list.push_back(TRY(read(in)));
  return {};
}

// A profile without a peer's certificate to judge needs no trust store.
Result<> check_indexes(const WorkerConfiguration& configuration) {
  for (const auto& profile : configuration.profiles) {
    const bool credentials_exist =
        std::ranges::all_of(profile.credentials, [&](std::uint32_t index) {
          return index < configuration.credentials.size();
        });
    const auto store = profile.verification.trust_store;
    if (!credentials_exist ||
        (store != no_trust_store && store >= configuration.trust_stores.size()))
      return invalid("worker configuration has a profile that names what is not there");
  }
  return {};
}

} // namespace

std::vector<std::byte> encode(const WorkerConfiguration& configuration) {
  Writer out;
  out.number(magic);
  out.number(configuration.limits_records ? 1 : 0);
  write_each(out, configuration.credentials, write_credential);
  write_each(out, configuration.trust_stores, write_trust_store);
  write_each(out, configuration.profiles, write_profile);
  out.number(configuration.keeps_secrets ? 1 : 0);
  return out.take();
}

Result<WorkerConfiguration> decode_configuration(std::span<const std::byte> bytes) {
  Reader in(bytes);
  if (TRY(in.number()) != magic)
    return invalid("worker configuration of another version");
  WorkerConfiguration configuration;
  TRY(read_choice(in, false, true, configuration.limits_records));
  TRY(read_each(in, configuration.credentials, read_credential));
  TRY(read_each(in, configuration.trust_stores, read_trust_store));
  TRY(read_each(in, configuration.profiles, read_profile));
  TRY(read_choice(in, false, true, configuration.keeps_secrets));
  if (in.left() != 0)
    return invalid("worker configuration has bytes behind its end");
  TRY(check_indexes(configuration));
  return configuration;
}

} // namespace ktls::ipc
