// SPDX-License-Identifier: GPL-2.0-or-later
// KeyLogs: the open files of those profiles whose keys are logged.
#pragma once

#include <map>
#include <string>

#include "broker/key_log_file.hpp"
#include "policy/policy.hpp"

namespace ktls {

class KeyLogs {
public:
  // Opens those of a policy that may come into force; each anew, so that a file that was moved away
  // is left alone. What cannot be, each with its place in the configuration: then the policy is not
  // taken up.
  [[nodiscard]] policy::Problems prepare(const policy::Policy& policy);
  // It has come into force: the others are closed. Warns of each.
  void on_policy(const policy::Policy& policy);

  // A secret of a session of a profile that has this file. Nothing where it is open no more, as for
  // a handshake of an older policy.
  void write(const std::string& path, const ipc::KeyLogEntry& entry);

private:
  std::map<std::string, KeyLogFile> open_;
  std::map<std::string, KeyLogFile> next_;
};

// How many profiles there are whose keys are logged.
[[nodiscard]] std::size_t key_logged_profiles(const policy::Policy& policy);

} // namespace ktls
