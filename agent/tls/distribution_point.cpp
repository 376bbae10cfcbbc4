// SPDX-License-Identifier: GPL-2.0-or-later
#include "tls/distribution_point.hpp"

#include "tls/name_constraints.hpp"

namespace ktls::tls {
namespace {

std::optional<std::string> point_name(const GeneralName& name) {
  std::string kind(1, static_cast<char>('0' + static_cast<int>(name.type)));
  if (name.type != GeneralName::Type::Directory)
    return kind.append(text_of(name.value));
  DerReader reader(name.value);
  const auto directory = DistinguishedName::parse(reader.take(der_tag::sequence));
  if (!directory || !reader.done())
    return std::nullopt;
  return kind + directory->key();
}

} // namespace

RevocationReasons read_revocation_reasons(Bytes bit_string) {
  RevocationReasons reasons = 0;
  for (unsigned i = 0; i < 9 && i / 8 + 1 < bit_string.size(); ++i) {
    const auto byte = std::to_integer<unsigned>(bit_string[i / 8 + 1]);
    if ((byte >> (7 - i % 8) & 1U) != 0)
      reasons = static_cast<RevocationReasons>(reasons | 1U << i);
  }
  return reasons & all_revocation_reasons;
}

std::optional<PointNames> read_point_names(Bytes name, const DistinguishedName& issuer) {
  DerReader reader(name);
  if (const auto relative = reader.take_if(der_tag::constructed(1))) {
    const auto below = DistinguishedName::parse_relative(*relative);
    if (!below || !reader.done())
      return std::nullopt;
    const auto kind = static_cast<int>(GeneralName::Type::Directory);
    return PointNames{std::to_string(kind) + issuer.key() + below->key()};
  }
  const auto full = read_general_names(reader.take(der_tag::constructed(0)));
  if (!full || !reader.done())
    return std::nullopt;
  PointNames names;
  for (const auto& each : *full) {
    auto read = point_name(each);
    if (!read)
      return std::nullopt;
    names.push_back(*std::move(read));
  }
  return names;
}

std::optional<std::vector<DistributionPoint>>
read_distribution_points(Bytes extension, const DistinguishedName& issuer) {
  std::vector<DistributionPoint> points;
  DerReader outer(extension);
  DerReader list(outer.take(der_tag::sequence));
  while (!list.at_end()) {
    DerReader reader(list.take(der_tag::sequence));
    const auto name = reader.take_if(der_tag::constructed(0));
    const auto reasons = reader.take_if(der_tag::context(1));
    const auto other_issuer = reader.take_if(der_tag::constructed(2));
    if (!reader.done())
      return std::nullopt;
    if (!name || other_issuer)
      continue;
    auto names = read_point_names(*name, issuer);
    if (!names)
      return std::nullopt;
    points.push_back(
        {*std::move(names), reasons ? read_revocation_reasons(*reasons) : all_revocation_reasons});
  }
  if (!outer.done() || !list.ok())
    return std::nullopt;
  return points;
}

} // namespace ktls::tls
