// SPDX-License-Identifier: GPL-2.0-or-later
// MapQuestion: a certificate as an administrator has it, made into a question to the mapper.
#pragma once

#include <string>

#include "base/result.hpp"
#include "bus/mapper1.hpp"

namespace ktls::command {

struct MapFiles {
  std::string certificate; // PEM, its own first, or DER
  std::string anchor;      // one certificate; empty: none is named
};

struct MapQuestion {
  bus::Chain chain;
  bus::Context context; // the anchor; the rest is the caller's
  // For people, escaped.
  std::string subject;
  std::string issuer;
  std::string sha256;
  std::string anchor_sha256; // of its SubjectPublicKeyInfo; empty: it is not known
  std::string anchor_from;
};

// Without a named anchor it is the last certificate of the chain, if that is self-signed.
Result<MapQuestion> read_question(const MapFiles& files);

} // namespace ktls::command
