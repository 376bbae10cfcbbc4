// SPDX-License-Identifier: GPL-2.0-or-later
#include "ipc/profile.hpp"

#include <cstring>

namespace ktls::ipc {
namespace {

constexpr std::uint32_t magic = 0x6b746331; // "ktc1": a change of the layout changes it

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

void write_list(Writer& out, const std::vector<Der>& list) {
  out.number(static_cast<std::uint32_t>(list.size()));
  for (const auto& item : list)
    out.bytes(item);
}

Result<std::vector<Der>> read_list(Reader& in) {
  const auto count = TRY(in.number());
  // each entry has at least its own length: a larger count cannot be true
  if (count > in.left() / sizeof(std::uint32_t))
    return invalid("worker configuration is cut short");
  std::vector<Der> list;
  list.reserve(count);
  for (std::uint32_t i = 0; i < count; ++i) {
    const auto item = TRY(in.bytes());
    list.emplace_back(item.begin(), item.end());
  }
  return list;
}

Result<Profile> read_profile(Reader& in) {
  Profile profile;
  const auto role = TRY(in.number());
  const auto client_auth_type = TRY(in.number());
  if (role < 1 || role > 3 || client_auth_type < 2 || client_auth_type > 3)
    return invalid("worker configuration has an unknown role or client_auth_type");
  profile.role = static_cast<HandshakeRole>(role);
  profile.client_auth_type = static_cast<ClientAuthType>(client_auth_type);
  profile.key_id = TRY(in.number());
  profile.chain = TRY(read_list(in));
  profile.trust = TRY(read_list(in));
  if (profile.chain.size() > Profile::max_chain || profile.chain.empty() != (profile.key_id == 0))
    return invalid("worker configuration has a chain without a key, or one that is too long");
  return profile;
}

} // namespace

std::vector<std::byte> encode(const WorkerConfiguration& configuration) {
  Writer out;
  out.number(magic);
  out.bytes(std::as_bytes(std::span(configuration.priority)));
  out.number(static_cast<std::uint32_t>(configuration.profiles.size()));
  for (const auto& profile : configuration.profiles) {
    out.number(static_cast<std::uint32_t>(profile.role));
    out.number(static_cast<std::uint32_t>(profile.client_auth_type));
    out.number(profile.key_id);
    write_list(out, profile.chain);
    write_list(out, profile.trust);
  }
  return out.take();
}

Result<WorkerConfiguration> decode_configuration(std::span<const std::byte> bytes) {
  Reader in(bytes);
  if (TRY(in.number()) != magic)
    return invalid("worker configuration of another version");
  WorkerConfiguration configuration;
  const auto priority = TRY(in.bytes());
  configuration.priority.assign(reinterpret_cast<const char*>(priority.data()), priority.size());
  const auto count = TRY(in.number());
  if (count > in.left())
    return invalid("worker configuration is cut short");
  for (std::uint32_t i = 0; i < count; ++i)
    configuration.profiles.push_back(TRY(read_profile(in)));
  if (in.left() != 0)
    return invalid("worker configuration has bytes behind its end");
  return configuration;
}

} // namespace ktls::ipc
