// SPDX-License-Identifier: GPL-2.0-or-later
// ConfiguredFiles: reads the files that a configuration names, and notes what is wrong with them.
#pragma once

#include <unistd.h>

#include <set>
#include <span>
#include <string>
#include <vector>

#include "policy/policy.hpp"
#include "tls/certificate.hpp"

namespace ktls {

class ConfiguredFiles {
public:
  static constexpr std::size_t max_size = 4UL * 1024 * 1024; // of each
  static constexpr std::size_t max_in_directory = 1024;      // files

  // What others than root and `user` can change is refused. Default: our own user.
  explicit ConfiguredFiles(uid_t user = ::geteuid()) : user_(user) {}

  // The path of a systemd credential; any other as it is. Empty: there is none, which is noted.
  std::string resolve(const policy::LocatedPath& from);

  // Empty: there is none in it, which is noted.
  std::vector<tls::Der> certificates(const policy::LocatedPath& from);
  // Of files and directories, or of the system. What a worker could not read is noted, too.
  std::vector<tls::Der> anchors(const std::vector<policy::LocatedPath>& from);
  std::vector<tls::Der> crls(const std::vector<policy::LocatedPath>& from);
  // An OCSP response in DER, about that certificate.
  tls::Der ocsp_response(const policy::LocatedPath& from, const tls::Der& certificate);

  void problem(const std::string& where, const std::string& text);
  [[nodiscard]] policy::Problems& problems() { return problems_; }
  // All that were read, and the directories.
  [[nodiscard]] const std::set<std::string>& paths() const { return paths_; }

private:
  using Read = Result<std::vector<tls::Der>> (*)(std::string_view);
  std::vector<tls::Der> read(const std::string& path, const std::string& where, Read parse);
  using Endings = std::span<const char* const>;
  std::vector<tls::Der> read_all(const policy::LocatedPath& from, Endings endings, Read parse);
  std::vector<std::string> files_in(const std::string& directory, Endings endings,
                                    const std::string& where);
  void check(const std::string& path, const std::string& where);

  uid_t user_;
  policy::Problems problems_;
  std::set<std::string> paths_;
};

} // namespace ktls
