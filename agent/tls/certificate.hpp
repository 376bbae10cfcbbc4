// SPDX-License-Identifier: GPL-2.0-or-later
// Reading certificates from an administrator's files.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "base/result.hpp"

namespace ktls::tls {

using Der = std::vector<std::byte>;
using Sha256 = std::array<std::uint8_t, 32>;

// All certificates of a PEM file, in its order, each checked to be well-formed. None is an error.
Result<std::vector<Der>> certificates_from_pem(std::string_view pem);

// SHA-256 of the certificate's DER SubjectPublicKeyInfo: what a private key is matched by.
Result<Sha256> spki_sha256(std::span<const std::byte> certificate);

} // namespace ktls::tls
