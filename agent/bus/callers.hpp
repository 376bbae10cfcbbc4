// SPDX-License-Identifier: GPL-2.0-or-later
// Callers: who, on the bus, is which user, and one of those that may call.
#pragma once

#include <sys/types.h>

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "bus/connection.hpp"

namespace ktls::bus {

// The policy of the bus says the same, and may be missing or another. The bus is asked once for
// each connection to it: their names are never used again.
class Callers {
public:
  enum class Judgement { Admitted, Refused, Unknown }; // Unknown: the bus did not say
  static constexpr std::size_t max_remembered = 256;

  // root may always call.
  Callers(Connection& connection, std::vector<uid_t> allowed)
      : connection_(connection), allowed_(std::move(allowed)) {}

  // Both call back once, perhaps before they return. `sender` is a unique name (":1.7").
  void judge(const std::string& sender, std::function<void(Judgement)> then);
  // None: the bus did not say.
  void uid_of(const std::string& sender, std::function<void(std::optional<uid_t>)> then);
  void allow(std::vector<uid_t> allowed) { allowed_ = std::move(allowed); }
  // It has left the bus.
  void forget(const std::string& sender) { remembered_.erase(sender); }

private:
  [[nodiscard]] Judgement judgement_of(uid_t uid) const;
  void remember(const std::string& sender, uid_t uid);

  Connection& connection_;
  std::vector<uid_t> allowed_;
  std::map<std::string, uid_t> remembered_;
};

} // namespace ktls::bus
