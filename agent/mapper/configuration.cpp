// SPDX-License-Identifier: GPL-2.0-or-later
#include "mapper/configuration.hpp"

#include <filesystem>

#include "base/file.hpp"
#include "base/secure_path.hpp"

namespace ktls {
namespace {

constexpr std::size_t max_configuration = 4UL * 1024 * 1024;
constexpr std::size_t max_named_file = 64UL * 1024 * 1024; // 100,000 pins are 15 MiB at most

Result<std::string> read_checked(const std::string& path, std::size_t limit) {
  TRY(check_secure_path(path));
  return read_file(path, limit);
}

} // namespace

tl::expected<identity::Mapping, policy::Problems>
read_mapping(const MapperConfigurationSource& source) {
  std::vector<policy::SourceFile> files;
  std::error_code failed;
  const bool missing = std::filesystem::symlink_status(source.path, failed).type() ==
                       std::filesystem::file_type::not_found;
  if (source.named || !missing) {
    auto text = read_checked(source.path, max_configuration);
    if (!text)
      return tl::make_unexpected(policy::Problems{{text.error().message()}});
    files.push_back({source.path, std::move(*text)});
  }
  return identity::parse_mapping(
      files, [](const std::string& path) { return read_checked(path, max_named_file); });
}

} // namespace ktls
