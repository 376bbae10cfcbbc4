// SPDX-License-Identifier: GPL-2.0-or-later
#include "policy/path_values.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.hpp"
#include "policy/policy.hpp"

namespace ktls::policy {
namespace {

constexpr std::size_t max_path = 4095; // PATH_MAX, with its NUL
constexpr std::size_t max_path_shown = 128;

bool is_absolute_path(std::string_view value) {
  return value.starts_with('/') && value.size() <= max_path &&
         value.find('\0') == std::string_view::npos;
}

// systemd.exec(5): the name of a credential is that of a file.
bool is_credential(std::string_view value) {
  if (!value.starts_with(credential_prefix))
    return false;
  const auto name = value.substr(credential_prefix.size());
  constexpr std::size_t max_size = 255;
  return !name.empty() && name.size() <= max_size && name != "." && name != ".." &&
         std::all_of(name.begin(), name.end(),
                     [](unsigned char c) { return c > ' ' && c < 0x7f && c != '/'; });
}

bool is_of_kind(std::string_view value, PathKind kind) {
  switch (kind) {
  case PathKind::Path:
    return is_absolute_path(value);
  case PathKind::File:
    return is_absolute_path(value) || is_credential(value);
  case PathKind::Trusted:
    return is_absolute_path(value) || is_credential(value) || value == system_truststore;
  }
  return false;
}

std::string_view wanted(PathKind kind) {
  switch (kind) {
  case PathKind::Path:
    return "must be an absolute path";
  case PathKind::File:
    return "must be an absolute path, or \"credential:NAME\"";
  case PathKind::Trusted:
    return "must be an absolute path, \"credential:NAME\" or \"system\"";
  }
  return "";
}

std::optional<LocatedPath> path_of(const Table& in, const Entry& entry, const toml::node& value,
                                   PathKind kind) {
  const auto* text = value.as_string();
  if (text != nullptr && is_of_kind(text->get(), kind))
    return LocatedPath{text->get(), in.report().where(place_of(value.source(), entry.file))};
  in.problem(entry, value, wanted(kind));
  return std::nullopt;
}

} // namespace

std::optional<LocatedPath> read_path(const Table& in, std::string_view key, PathKind kind) {
  const auto* entry = in.find(key);
  return entry == nullptr ? std::nullopt : path_of(in, *entry, *entry->value, kind);
}

std::vector<LocatedPath> read_paths(const Table& in, std::string_view key, PathKind kind,
                                    std::size_t most) {
  std::vector<LocatedPath> out;
  in.each(key, most, [&](const Entry& entry, const toml::node& value) {
    auto path = path_of(in, entry, value, kind);
    if (!path)
      return;
    if (std::ranges::find(out, path->path, &LocatedPath::path) != out.end())
      in.problem(entry, value,
                 fmt::format("\"{}\" is given twice", escape(path->path, max_path_shown)));
    else
      out.push_back(*std::move(path));
  });
  return out;
}

std::optional<KeyLocation> read_key_location(const Table& in, std::string_view key) {
  constexpr std::size_t max_url = 4095;
  const auto* entry = in.find(key);
  const auto* text = entry == nullptr ? nullptr : entry->value->as_string();
  if (text == nullptr ||
      !(text->get().starts_with("pkcs11:") || text->get().starts_with("tpmkey:"))) {
    const auto path = read_path(in, key, PathKind::File);
    return path ? std::optional(KeyLocation{*path, KeyPlace::File}) : std::nullopt;
  }
  const auto& url = text->get();
  if (url.size() > max_url ||
      std::any_of(url.begin(), url.end(), [](unsigned char c) { return c <= ' ' || c >= 0x7f; })) {
    in.problem(*entry, "a token URL is of printable ASCII characters without spaces, 4095 at most");
    return std::nullopt;
  }
  return KeyLocation{{url, in.where(*entry)}, KeyPlace::Token};
}

std::string KeyLocation::name() const {
  if (place == KeyPlace::File)
    return path;
  // where a PIN belongs, and where one may stand by mistake
  const auto end = std::min({path.find('?'), path.find("pin-"), path.find("pinfile")});
  return escape(path.substr(0, end));
}

} // namespace ktls::policy
