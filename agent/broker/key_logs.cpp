// SPDX-License-Identifier: GPL-2.0-or-later
#include "broker/key_logs.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/log.hpp"
#include "base/text.hpp"

namespace ktls {

policy::Problems KeyLogs::prepare(const policy::Policy& policy) {
  policy::Problems problems;
  next_.clear();
  for (const auto& profile : policy.profiles()) {
    if (!profile.key_log_file || next_.contains(profile.key_log_file->path))
      continue;
    const auto& [path, where] = *profile.key_log_file;
    auto file = KeyLogFile::open(path);
    if (file)
      next_.emplace(path, std::move(*file));
    else
      problems.lines.push_back(fmt::format("{}: profile.{}.key_log_file: {}", where, profile.name,
                                           file.error().message()));
  }
  return problems;
}

void KeyLogs::on_policy(const policy::Policy& policy) {
  open_ = std::exchange(next_, {});
  for (const auto& profile : policy.profiles()) {
    if (profile.key_log_file)
      log::warning("KEYS ARE LOGGED: whoever reads {} can decrypt all sessions of profile \"{}\"",
                   escape(profile.key_log_file->path), profile.name);
  }
}

void KeyLogs::write(const std::string& path, const ipc::KeyLogEntry& entry) {
  if (const auto found = open_.find(path); found != open_.end())
    found->second.write(entry);
}

std::size_t key_logged_profiles(const policy::Policy& policy) {
  return static_cast<std::size_t>(
      std::ranges::count_if(policy.profiles(), [](const policy::ProfileSettings& profile) {
        return profile.key_log_file.has_value();
      }));
}

} // namespace ktls
