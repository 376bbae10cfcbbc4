// SPDX-License-Identifier: GPL-2.0-or-later
// Snapshot: the settings with the files they name read in; what workers and signer are started
// with.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ipc/profile.hpp"
#include "policy/settings.hpp"
#include "tls/certificate.hpp"

namespace ktls {

struct KeySource {
  std::uint32_t id;
  policy::KeyLocation location; // for its signer alone to open
  tls::Sha256 certificate_spki; // what the key must match
};

struct Snapshot {
  ipc::WorkerConfiguration workers;
  std::vector<KeySource> keys;
  std::optional<std::uint32_t> client_profile; // indexes into workers.profiles
  std::optional<std::uint32_t> server_profile;
};

inline constexpr std::size_t max_certificate_file_size = 4UL * 1024 * 1024;

// Reads certificates and trust stores; all problems at once, each with its place in the
// configuration. `ciphers`: IANA names that the kernel takes, most preferred first.
[[nodiscard]] tl::expected<Snapshot, policy::Problems>
load_snapshot(const policy::Settings& settings, const std::vector<std::string_view>& ciphers);

} // namespace ktls
