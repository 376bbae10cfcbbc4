// SPDX-License-Identifier: GPL-2.0-or-later
#include "tls/clock.hpp"

#include <gnutls/gnutls.h>

#include <ctime>

namespace ktls::tls {
namespace {

std::function<Clock::time_point()>& own_clock() {
  static std::function<Clock::time_point()> clock;
  return clock;
}

// In the manner of time().
std::time_t tell(std::time_t* also) {
  const auto time = Clock::to_time_t(now());
  if (also != nullptr)
    *also = time;
  return time;
}

} // namespace

void set_clock(std::function<Clock::time_point()> clock) {
  own_clock() = std::move(clock);
  gnutls_global_set_time_function(tell);
}

Clock::time_point now() {
  const auto& clock = own_clock();
  return clock ? clock() : Clock::now();
}

} // namespace ktls::tls
