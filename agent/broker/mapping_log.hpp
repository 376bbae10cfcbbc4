// SPDX-License-Identifier: GPL-2.0-or-later
// MappingLog: a record of each answer on whose a certificate is, as the agent acts on it.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/journal.hpp"
#include "broker/failure_log.hpp"
#include "broker/user_mapping.hpp"
#include "policy/policy.hpp"

namespace ktls {

// All text is fit to be printed, but for names of users.
struct MappingRecord {
  MappingAnswer answer;
  bool demanded = false;   // who has no user is refused; else only nobody knows him
  std::string description; // who asked, and between which addresses
  std::string certificate_sha256;
  std::string subject;
  std::string issuer;
  std::string peer_address;
  std::string rule;
  std::string profile;
  policy::LogLevel level = policy::LogLevel::Info;
};

// For people, on one line; and field by field, with the names of the journal.
std::string line_of(const MappingRecord& record);
std::vector<journal::Field> fields_of(const MappingRecord& record);

class MappingLog {
public:
  // `loop` must outlive it. `write`: where to.
  MappingLog(EventLoop& loop, journal::Writer write)
      : limits_(loop, "users of certificates"), write_(std::move(write)) {}

  // Each that has a user, from Info on; the others as FailureLog has it: those who are nobody's
  // from Warning on, those who are refused at each level.
  void write(const MappingRecord& record);

private:
  FailureLog limits_;
  journal::Writer write_;
};

} // namespace ktls
