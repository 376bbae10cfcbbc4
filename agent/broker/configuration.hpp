// SPDX-License-Identifier: GPL-2.0-or-later
// Configuration: the files of the policy, and all that they name, read in.
#pragma once

#include <unistd.h>

#include <string>
#include <vector>

#include "broker/snapshot.hpp"
#include "policy/policy.hpp"

namespace ktls {

inline constexpr const char* default_configuration = "/etc/ktlsd/ktlsd.toml";

struct ConfigurationSource {
  std::string path = default_configuration;
  bool named = false;       // by whoever started us: then it has to exist
  uid_t user = ::geteuid(); // whose files it may be made of, beside root's
};

struct Configuration {
  policy::Policy policy;
  Snapshot snapshot;
};

// The main file, and *.toml of the directory conf.d beside it, in the order of their names. None of
// them: no file at all. A file that others can write to is an error.
[[nodiscard]] tl::expected<std::vector<policy::SourceFile>, policy::Problems>
read_sources(const ConfigurationSource& source);

// Of a policy that serves nobody, since it has no rules; empty: it has some.
[[nodiscard]] std::string warning_of_no_rules(const ConfigurationSource& source,
                                              const policy::Policy& policy);

// The policy alone, without what it names.
[[nodiscard]] tl::expected<policy::Policy, policy::Problems>
read_policy(const ConfigurationSource& source);

// All that is wrong, at once. Warnings are in the snapshot.
[[nodiscard]] tl::expected<Configuration, policy::Problems>
read_configuration(const ConfigurationSource& source, const KernelSuites& suites);

} // namespace ktls
