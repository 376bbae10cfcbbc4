// SPDX-License-Identifier: GPL-2.0-or-later
#include "bus/authorizer.hpp"

namespace ktls::bus {

void Authorizer::judge(const std::string& sender, uid_t uid, const Question& question,
                       std::function<void(Verdict)> then) {
  if (uid == 0 || (question.owns && question.owns(uid)))
    return then(Verdict::Allowed);
  polkit_.check(sender, uid, question.action, question.interactive,
                [then = std::move(then)](Polkit::Answer answer) {
                  switch (answer) {
                  case Polkit::Answer::Yes:
                    return then(Verdict::Allowed);
                  case Polkit::Answer::No:
                    return then(Verdict::Refused);
                  case Polkit::Answer::Busy:
                    return then(Verdict::Busy);
                  }
                });
}

} // namespace ktls::bus
