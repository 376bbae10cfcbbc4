// SPDX-License-Identifier: GPL-2.0-or-later
// The authority of polkit, which answers as a test wants it to.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "bus/compatibility.hpp"
#include "bus/connection.hpp"

namespace ktls::bus::test {

class FakePolkit {
public:
  enum class Answer { Yes, No, None };
  struct Asked {
    std::string subject;
    std::string action;
    std::uint32_t flags = 0;
    std::string cancellation;
  };

  FakePolkit(std::unique_ptr<Connection> connection, Answer first)
      : answer(first), connection_(std::move(connection)) {
    authority_ =
        sdbus::createObject(connection_->raw(), Path("/org/freedesktop/PolicyKit1/Authority"));
    serve(*authority_, "org.freedesktop.PolicyKit1.Authority",
          {{"CheckAuthorization",
            "(sa{sv})sa{ss}us",
            {},
            "(bba{ss})",
            {},
            [this](sdbus::MethodCall call) { check(std::move(call)); }},
           {"CancelCheckAuthorization",
            "s",
            {},
            "",
            {},
            [this](sdbus::MethodCall call) {
              call >> cancelled.emplace_back();
              sdbus::Result<>(std::move(call)).returnResults();
              if (gives_up)
                give_up(cancelled.back());
            }}},
          {});
    EXPECT_TRUE(connection_->request_name("org.freedesktop.PolicyKit1"));
  }

  Answer answer;
  bool gives_up = false; // when it is told to: what it has not answered fails
  std::vector<Asked> asked;
  std::vector<std::string> cancelled;

private:
  using Details = std::map<std::string, std::string>;
  using Verdict = sdbus::Struct<bool, bool, Details>;

  void check(sdbus::MethodCall call) {
    sdbus::Struct<std::string, Dictionary> subject;
    Details details;
    Asked question;
    call >> subject >> question.action >> details >> question.flags >> question.cancellation;
    EXPECT_EQ(std::get<0>(subject), "system-bus-name");
    question.subject = std::get<1>(subject).at("name").get<std::string>();
    asked.push_back(question);
    sdbus::Result<Verdict> result(std::move(call));
    if (answer == Answer::None)
      held_.push_back(std::make_shared<sdbus::Result<Verdict>>(std::move(result)));
    else
      result.returnResults(Verdict(answer == Answer::Yes, answer == Answer::No, Details()));
    connection_->flush();
  }

  void give_up(const std::string& cancellation) {
    for (std::size_t i = 0; i < held_.size(); ++i) {
      if (asked.at(i).cancellation == cancellation)
        held_[i]->returnError(make_error("org.freedesktop.PolicyKit1.Error.Cancelled", ""));
    }
    connection_->flush();
  }

  std::unique_ptr<Connection> connection_;
  std::unique_ptr<sdbus::IObject> authority_;
  std::vector<std::shared_ptr<sdbus::Result<Verdict>>> held_;
};

} // namespace ktls::bus::test
