// SPDX-License-Identifier: GPL-2.0-or-later
// Distribution points: which part of an issuer's certificates a list of revoked ones is about (RFC
// 5280, sections 4.2.1.13 and 5.2.5).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "tls/der.hpp"
#include "tls/distinguished_name.hpp"

namespace ktls::tls {

// ReasonFlags: bit N is reason N.
using RevocationReasons = std::uint16_t;
inline constexpr RevocationReasons all_revocation_reasons = 0x1fe; // 1 to 8; 0 is unused

RevocationReasons read_revocation_reasons(Bytes bit_string);

// Equal for equal names.
using PointNames = std::vector<std::string>;

// `name`: the content of a DistributionPointName's tag; `issuer`: whose list it is, which a
// relative name is below. None: malformed.
std::optional<PointNames> read_point_names(Bytes name, const DistinguishedName& issuer);

struct DistributionPoint {
  PointNames names;
  RevocationReasons reasons = all_revocation_reasons;
};

// Of a certificate's extension, those by its own issuer. None: malformed.
std::optional<std::vector<DistributionPoint>>
read_distribution_points(Bytes extension, const DistinguishedName& issuer);

} // namespace ktls::tls
