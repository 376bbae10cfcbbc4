// SPDX-License-Identifier: GPL-2.0-or-later
// FakeMapper: notes what it is asked, and answers when the test says so.
#pragma once

#include <utility>
#include <vector>

#include "broker/user_mapping.hpp"

namespace ktls::test {

class FakeMapper final : public Mapper {
public:
  struct Asked {
    MappingQuestion question;
    Clock::time_point deadline;
    std::function<void(MappingAnswer)> done;
  };
  void map(const MappingQuestion& question, Clock::time_point deadline,
           std::function<void(MappingAnswer)> done) override {
    asked.push_back({question, deadline, std::move(done)});
  }
  void answer(std::size_t which, MappingAnswer with) {
    const auto done = asked.at(which).done; // it may ask again
    done(std::move(with));
  }

  std::vector<Asked> asked;
};

inline MappedUser alice() {
  MappedUser user;
  user.name = "alice";
  user.uid = 1000;
  user.strength = policy::MappingStrength::Strong;
  user.source = "pin";
  user.rule = "pins:1";
  user.groups = {"alice", "staff"};
  return user;
}

inline MappingAnswer not_mapped(Reason reason) {
  return tl::make_unexpected(NotMapped{reason, "because"});
}

} // namespace ktls::test
