// SPDX-License-Identifier: GPL-2.0-or-later
#include "policy/credential_table.hpp"

#include <fmt/format.h>

#include <array>

#include "policy/path_values.hpp"

namespace ktls::policy {
namespace {

constexpr std::array<Key, 3> credential_key_list{{
    {"certificate", ""},
    {"private_key", ""},
    {"ocsp_response", ""},
}};

void read_alternative(const Table& in, NamedCredential& out) {
  const auto certificate = read_path(in, "certificate", PathKind::File);
  const auto private_key = read_key_location(in, "private_key");
  const auto ocsp_response = read_path(in, "ocsp_response", PathKind::File);
  constexpr std::string_view both = "a credential is a certificate and its key";
  if (!in.has("certificate"))
    in.missing("certificate", both);
  if (!in.has("private_key"))
    in.missing("private_key", both);
  if (certificate && private_key)
    out.alternatives.push_back({*certificate, *private_key, ocsp_response});
}

} // namespace

NamedCredential read_credential(const std::string& name, const toml::node& node, std::uint32_t file,
                                Report& report) {
  const auto path = fmt::format("credential.{}", name);
  const auto place = place_of(node.source(), file);
  NamedCredential out{name, {}, report.where(place)};
  if (const auto* table = node.as_table()) {
    read_alternative(Table(path, *table, file, credential_key_list, report), out);
    return out;
  }
  const auto* list = node.as_array();
  if (list == nullptr || list->empty() || list->size() > ipc::Profile::max_credentials) {
    report.add(place, path,
               fmt::format("must be a table, [{0}], or 1 to {1} tables, [[{0}]]", path,
                           ipc::Profile::max_credentials));
    return out;
  }
  for (const auto& item : *list) {
    if (const auto* table = item.as_table())
      read_alternative(Table(path, *table, file, credential_key_list, report), out);
    else
      report.add(place_of(item.source(), file), path, fmt::format("must be a table: [[{}]]", path));
  }
  return out;
}

} // namespace ktls::policy
