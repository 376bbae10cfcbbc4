// SPDX-License-Identifier: GPL-2.0-or-later
// What the broker's records are found by: journalctl MESSAGE_ID=... Each is in
// systemd/ktlsd.catalog, too.
#pragma once

namespace ktls::message_id {

inline constexpr const char* secured = "cbd6edc77e0f4e33bf1900fb7d07930a";
inline constexpr const char* failed = "089396e5bfa0437089cb460d0949510d";
inline constexpr const char* clear = "de4cd94277ff4f99b271d61f871708a8";
inline constexpr const char* session_ended = "c12e4f6375dd486a8c6d91f8c570b2f8";
inline constexpr const char* user_mapped = "bd66281f8faa427884705fedb52db9f6";
inline constexpr const char* step = "1c9fb619ae524d1c9ed31466b0d8f387";
inline constexpr const char* log_level_set = "02b7ec8360b7484fb120d6a85a7dcd7f";

} // namespace ktls::message_id
