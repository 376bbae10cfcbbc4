// SPDX-License-Identifier: GPL-2.0-or-later
#include "ipc/profile.hpp"

#include <algorithm>
#include <cstring>

namespace ktls::ipc {
namespace {

constexpr std::uint32_t magic = 0x6b746332; // "ktc2": a change of the layout changes it

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

void write_profile(Writer& out, const Profile& profile) {
  out.number(static_cast<std::uint32_t>(profile.role));
  out.number(static_cast<std::uint32_t>(profile.client_auth_type));
  out.number(static_cast<std::uint32_t>(profile.authentication));
  out.number(profile.session_tickets ? 1 : 0);
  out.bytes(bytes_of(profile.priority));
  out.number(static_cast<std::uint32_t>(profile.credentials.size()));
  for (const auto& credential : profile.credentials) {
    out.number(credential.key_id);
    out.number(credential.signer);
    write_list(out, credential.chain);
  }
  write_list(out, profile.trust);
  write_list(out, profile.alpn);
  out.number(profile.peer_limits.chain_length);
  out.number(profile.peer_limits.chain_bytes);
  out.number(profile.peer_limits.rsa_bits);
  out.number(profile.peer_limits.rsa_exponent_bits);
}

Result<std::vector<Credential>> read_credentials(Reader& in) {
  const auto count = TRY(read_count(in, Profile::max_credentials));
  std::vector<Credential> credentials(count);
  for (std::size_t i = 0; i < count; ++i) {
    auto& credential = credentials[i];
    credential.key_id = TRY(in.number());
    credential.signer = TRY(in.number());
    credential.chain = TRY(read_list<Der>(in, Profile::max_chain));
    if (credential.key_id == 0 || credential.chain.empty() ||
        credential.key_id != credentials.front().key_id + i)
      return invalid("worker configuration has a credential without a chain, or out of order");
  }
  return credentials;
}

Result<Profile> read_profile(Reader& in) {
  constexpr std::size_t any = 0xffffffff;
  Profile profile;
  TRY(read_choice(in, HandshakeRole::Client, HandshakeRole::ServerWithClientAuth, profile.role));
  TRY(read_choice(in, ClientAuthType::Full, ClientAuthType::Required, profile.client_auth_type));
  TRY(read_choice(in, Authentication::Certificate, Authentication::PreSharedKey,
                  profile.authentication));
  TRY(read_choice(in, false, true, profile.session_tickets));
  assign(profile.priority, TRY(in.bytes()));
  profile.credentials = TRY(read_credentials(in));
  profile.trust = TRY(read_list<Der>(in, any));
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

} // namespace

std::vector<std::byte> encode(const WorkerConfiguration& configuration) {
  Writer out;
  out.number(magic);
  out.number(configuration.limits_records ? 1 : 0);
  out.number(static_cast<std::uint32_t>(configuration.profiles.size()));
  for (const auto& profile : configuration.profiles)
    write_profile(out, profile);
  return out.take();
}

Result<WorkerConfiguration> decode_configuration(std::span<const std::byte> bytes) {
  Reader in(bytes);
  if (TRY(in.number()) != magic)
    return invalid("worker configuration of another version");
  WorkerConfiguration configuration;
  TRY(read_choice(in, false, true, configuration.limits_records));
  const auto count = TRY(read_count(in, bytes.size()));
  for (std::uint32_t i = 0; i < count; ++i)
    configuration.profiles.push_back(TRY(read_profile(in)));
  if (in.left() != 0)
    return invalid("worker configuration has bytes behind its end");
  return configuration;
}

} // namespace ktls::ipc
