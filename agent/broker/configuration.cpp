// SPDX-License-Identifier: GPL-2.0-or-later
#include "broker/configuration.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "base/file.hpp"
#include "base/reason.hpp"
#include "base/secure_path.hpp"
#include "broker/accounts.hpp"

namespace ktls {
namespace {

constexpr std::size_t max_file_size = 4UL * 1024 * 1024;
constexpr std::size_t max_files = 1024;

bool is_missing(const std::string& path) {
  std::error_code failed;
  return std::filesystem::symlink_status(path, failed).type() ==
         std::filesystem::file_type::not_found;
}

class Reader {
public:
  explicit Reader(uid_t user) : user_(user) {}

  // One that was found.
  void add(const std::string& path) {
    if (const auto secure = check_secure_path(path, user_); !secure)
      return problem(secure.error().message());
    auto text = read_file(path, max_file_size);
    if (!text)
      return problem(text.error().message());
    files_.push_back({path, std::move(*text)});
  }

  void add_directory(const std::string& directory) {
    if (is_missing(directory))
      return;
    if (const auto secure = check_secure_path(directory, user_); !secure)
      return problem(secure.error().message());
    std::vector<std::string> paths;
    std::error_code failed;
    for (std::filesystem::directory_iterator it(directory, failed), end; !failed && it != end;
         it.increment(failed)) {
      if (it->path().extension() == ".toml" && paths.size() <= max_files)
        paths.push_back(it->path());
    }
    if (failed)
      return problem(fmt::format("{}: {}", directory, failed.message()));
    if (paths.size() > max_files)
      return problem(fmt::format("{}: more than {} files", directory, max_files));
    std::ranges::sort(paths);
    for (const auto& path : paths)
      add(path);
  }

  void problem(std::string line) { problems_.lines.push_back(std::move(line)); }

  tl::expected<std::vector<policy::SourceFile>, policy::Problems> take() {
    if (!problems_.lines.empty())
      return tl::make_unexpected(std::move(problems_));
    return std::move(files_);
  }

private:
  uid_t user_;
  std::vector<policy::SourceFile> files_;
  policy::Problems problems_;
};

} // namespace

tl::expected<std::vector<policy::SourceFile>, policy::Problems>
read_sources(const ConfigurationSource& source) {
  Reader reader(source.user);
  if (source.named || !is_missing(source.path))
    reader.add(source.path);
  reader.add_directory(std::filesystem::path(source.path).parent_path() / "conf.d");
  return reader.take();
}

std::string warning_of_no_rules(const ConfigurationSource& source, const policy::Policy& policy) {
  if (!policy.rules().empty())
    return {};
  const bool clear = policy.default_action() == policy::Action::Clear;
  return fmt::format("{} has no rules: every handshake is refused with {}; write some, see "
                     "ktlsd.toml(5), and reload",
                     source.path, facts(clear ? Reason::PolicyClear : Reason::NoPolicy).name);
}

tl::expected<policy::Policy, policy::Problems> read_policy(const ConfigurationSource& source) {
  return read_sources(source).and_then([](const std::vector<policy::SourceFile>& files) {
    return policy::parse_policy(files, local_accounts());
  });
}

tl::expected<Configuration, policy::Problems> read_configuration(const ConfigurationSource& source,
                                                                 const KernelSuites& suites) {
  auto policy = read_policy(source);
  if (!policy)
    return tl::make_unexpected(std::move(policy.error()));
  auto snapshot = load_snapshot(*policy, suites, source.user);
  if (!snapshot)
    return tl::make_unexpected(std::move(snapshot.error()));
  if (auto warning = warning_of_no_rules(source, *policy); !warning.empty())
    snapshot->warnings.push_back(std::move(warning));
  return Configuration{std::move(*policy), std::move(*snapshot)};
}

} // namespace ktls
