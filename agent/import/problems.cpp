// SPDX-License-Identifier: GPL-2.0-or-later
#include "import/problems.hpp"

#include <fmt/format.h>

#include "base/text.hpp"

namespace ktls::importer {

Problems::Problems(std::string_view file) : file_(escape(file)) {}

void Problems::add(Line line, std::string_view text) {
  if (all_.size() < most)
    all_.emplace(line, escape(text));
  else
    ++left_out_;
}

void Problems::add_fatal(Line line, std::string_view text) {
  add(line, text);
  fatal_ = true;
}

std::vector<std::string> Problems::lines() const {
  std::vector<std::string> out;
  out.reserve(all_.size() + 1);
  for (const auto& [line, text] : all_)
    out.push_back(fmt::format("{}:{}: {}", file_, line, text));
  if (left_out_ != 0)
    out.push_back(fmt::format("{}: {} more problems", file_, left_out_));
  return out;
}

} // namespace ktls::importer
