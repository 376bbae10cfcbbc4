// SPDX-License-Identifier: GPL-2.0-or-later
// What ktlsctl map prints: of the mapper's answers, and of why there is none.
#pragma once

#include <string>

#include "bus/connection.hpp"
#include "bus/mapper1.hpp"
#include "ktlsctl/map_question.hpp"

namespace ktls::command {

// For people, ending with the answer.
std::string map_report(const MapQuestion& question, const bus::Tested& tested);
// For programs: one JSON object, in ASCII.
std::string map_json(const MapQuestion& question, const bus::Tested& tested);
// What is wrong, and what to do about it.
std::string map_failure(const bus::Failure& failure);

} // namespace ktls::command
