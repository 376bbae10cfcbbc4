// SPDX-License-Identifier: GPL-2.0-or-later
// Outcomes of a corpus, compared with what it expects, but for the deviations that a list accepts.
#pragma once

#include <gtest/gtest.h>

#include <fstream>
#include <map>
#include <sstream>
#include <string>

#include "tls/verdict.hpp"

namespace ktls::test {

// A line "id: expected X, got Y: why" for each; '#' begins a comment. X is "success" or "failure",
// Y one of them.
class Deviations {
public:
  explicit Deviations(const std::string& file) {
    std::ifstream in(file);
    EXPECT_TRUE(in) << file;
    for (std::string line; std::getline(in, line);) {
      if (line.empty() || line.front() == '#')
        continue;
      const auto id = line.substr(0, line.find(": expected "));
      const auto why = line.find(": ", id.size() + 2);
      EXPECT_TRUE(why != std::string::npos && why + 2 < line.size()) << "no reason: " << line;
      EXPECT_TRUE(listed_.emplace(id, line.substr(0, why)).second) << "twice: " << id;
    }
  }

  // Each case once. A deviation that is not listed fails the test, and so does one that is gone.
  // True: as expected.
  bool judge(const std::string& id, bool expected, const tls::Verdict& verdict) {
    const bool got = verdict.reason == Reason::Success;
    const auto listed = listed_.find(id);
    const auto line = id + ": expected " + word(expected) + ", got " + word(got);
    if (listed == listed_.end())
      EXPECT_EQ(got, expected) << line << ": " << facts(verdict.reason).name << ": "
                               << verdict.detail;
    else
      EXPECT_EQ(listed->second, line) << facts(verdict.reason).name << ": " << verdict.detail;
    if (listed != listed_.end())
      listed_.erase(listed);
    return got == expected;
  }
  void expect_all_met() const {
    for (const auto& [id, line] : listed_)
      ADD_FAILURE() << "there is no such case: " << line;
  }

private:
  static std::string word(bool success) { return success ? "success" : "failure"; }

  std::map<std::string, std::string> listed_;
};

} // namespace ktls::test
