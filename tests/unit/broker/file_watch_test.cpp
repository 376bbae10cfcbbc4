// SPDX-License-Identifier: GPL-2.0-or-later
#include "broker/file_watch.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "support/pump.hpp"
#include "support/sockets.hpp"

namespace ktls {
namespace {

using namespace std::chrono_literals;

class FileWatchTest : public testing::Test {
protected:
  void write(const std::string& name) const {
    std::ofstream out(directory.file(name.c_str()));
    out << "text";
  }
  // Whether it was told, once all that has happened has settled.
  bool told() {
    changes = 0;
    for (bool more = true; more && changes == 0;)
      more = loop.run_once(FileWatch::settling + 500ms).value();
    return changes == 1;
  }

  test::TemporaryDirectory directory;
  EventLoop loop = EventLoop::create().value();
  int changes = 0;
  FileWatch watch{loop, [this] { ++changes; }};
};

TEST_F(FileWatchTest, SeesAFileThatIsWritten) {
  write("a");
  watch.watch({directory.file("a")});

  write("a");

  EXPECT_TRUE(told());
}

TEST_F(FileWatchTest, SeesAFileThatIsReplaced) {
  write("a");
  watch.watch({directory.file("a")});
  write("new");

  std::filesystem::rename(directory.file("new"), directory.file("a"));

  EXPECT_TRUE(told());
}

TEST_F(FileWatchTest, SeesWhereALinkLeadsTo) {
  std::filesystem::create_directory(directory.file("sub"));
  write("sub/a");
  std::filesystem::create_symlink(directory.file("sub/a"), directory.file("link"));
  watch.watch({directory.file("link")});

  write("sub/a");

  EXPECT_TRUE(told());
}

TEST_F(FileWatchTest, SeesNewFilesInADirectory) {
  std::filesystem::create_directory(directory.file("sub"));
  watch.watch({directory.file("sub")});

  write("sub/new");

  EXPECT_TRUE(told());
}

TEST_F(FileWatchTest, TellsOnceOfChangesThatComeTogether) {
  write("a");
  write("b");
  watch.watch({directory.file("a"), directory.file("b")});

  write("a");
  write("b");

  EXPECT_TRUE(told());
  EXPECT_FALSE(told()) << "that was all";
}

TEST_F(FileWatchTest, LeavesOtherFilesAlone) {
  write("a");
  watch.watch({directory.file("a")});

  write("other");

  EXPECT_FALSE(told());
}

TEST_F(FileWatchTest, StopsWhenTold) {
  write("a");
  watch.watch({directory.file("a")});

  watch.stop();
  write("a");

  EXPECT_FALSE(told());
}

} // namespace
} // namespace ktls
