// SPDX-License-Identifier: GPL-2.0-or-later
// LineSink: writes the log's lines to a descriptor, and waits for nobody to read them.
#pragma once

#include <sys/types.h>

#include <climits>
#include <cstddef>
#include <string_view>

#include "base/log.hpp"

namespace ktls::log {

class LineSink {
public:
  // Bytes of a line with all that goes with it; longer text is cut, with "..." at its end. A pipe
  // takes so many as one piece or not at all.
  static constexpr std::size_t max_line = PIPE_BUF;

  // Does not own `fd`, but puts another open file of the same pipe or terminal in its place.
  explicit LineSink(int fd);

  // A line that cannot be written at once is lost and counted. The number is told before the next
  // line that can.
  void write(Level level, std::string_view text);

private:
  enum class Way { Write, PollAndWrite, Send };

  [[nodiscard]] bool put(Level level, std::string_view text);
  [[nodiscard]] ssize_t write_at_once(std::string_view bytes) const;

  int fd_;
  Way way_ = Way::Write;
  bool prefix_ = true;
  bool torn_ = false; // the last line has no end
  std::size_t lost_ = 0;
};

} // namespace ktls::log
