// SPDX-License-Identifier: GPL-2.0-or-later
// Records with fields of their own for systemd's journal, where standard error leads to it; lines
// of the log elsewhere. Nothing here waits or fails, as in base/log.hpp.
#pragma once

#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "base/log.hpp"

namespace ktls::journal {

using Field = std::pair<std::string_view, std::string>;

// Written whatever the log's level is. Empty fields are left out. Names are of A-Z, 0-9 and "_";
// values may hold anything.
void write(log::Level level, std::string_view text, std::span<const Field> fields);

// Where records go: write(), or what a test has in its place.
using Writer = std::function<void(log::Level, std::string_view, std::span<const Field>)>;

// As the journal's own protocol has it.
std::string encode(log::Level level, std::string_view text, std::span<const Field> fields);

// Whether $JOURNAL_STREAM, "device:inode", is this descriptor.
bool leads_to_journal(int fd, const char* journal_stream);

} // namespace ktls::journal
