// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/line_sink.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <string>

#include "base/fd.hpp"

namespace ktls::log {
namespace {

struct Ends {
  Fd read;
  Fd write;
};

// Two pages: poll() calls a pipe writable while one is free.
constexpr std::size_t pipe_size = 8192;

Ends make_pipe() {
  std::array<int, 2> ends{};
  EXPECT_EQ(::pipe2(ends.data(), O_CLOEXEC), 0);
  EXPECT_GE(::fcntl(ends[1], F_SETPIPE_SZ, pipe_size), 0);
  return {Fd(ends[0]), Fd(ends[1])};
}

Ends make_socket_pair() {
  std::array<int, 2> ends{};
  EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()), 0);
  return {Fd(ends[0]), Fd(ends[1])};
}

Fd open_again(const Fd& fd, int flags) {
  return Fd(::open(("/proc/self/fd/" + std::to_string(fd.get())).c_str(), flags | O_CLOEXEC));
}

void fill_pipe(const Fd& fd) {
  const std::string all(pipe_size, 'x');
  ASSERT_EQ(::write(fd.get(), all.data(), all.size()), static_cast<ssize_t>(all.size()));
}

void fill_socket(const Fd& fd) {
  const std::string some(512, 'x');
  while (::send(fd.get(), some.data(), some.size(), MSG_DONTWAIT) > 0) {
  }
}

// What there is to read, and nothing of what is to come.
std::string read_all(const Fd& fd) {
  std::string all;
  pollfd readable{fd.get(), POLLIN, 0};
  std::array<char, 4096> some{};
  while (::poll(&readable, 1, 0) > 0) {
    const auto size = ::read(fd.get(), some.data(), some.size());
    if (size <= 0)
      break;
    all.append(some.data(), static_cast<std::size_t>(size));
  }
  return all;
}

Fd make_file() {
  return Fd(::open("/tmp", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600));
}

std::string contents(const Fd& file) {
  EXPECT_EQ(::lseek(file.get(), 0, SEEK_SET), 0);
  return read_all(file);
}

TEST(LineSink, WritesToAPipeASocketAndAFile) {
  const Ends pipe = make_pipe();
  const Ends socket = make_socket_pair();
  const Fd file = make_file();

  LineSink(pipe.write.get()).write(Level::Info, "one");
  LineSink(socket.write.get()).write(Level::Error, "two");
  LineSink(file.get()).write(Level::Debug, "three");

  EXPECT_EQ(read_all(pipe.read), "<6>one\n");
  EXPECT_EQ(read_all(socket.read), "<3>two\n");
  EXPECT_EQ(contents(file), "<7>three\n");
}

TEST(LineSink, CountsWhatAFullPipeDoesNotTake) {
  const Ends pipe = make_pipe();
  LineSink sink(pipe.write.get());
  fill_pipe(pipe.write);

  sink.write(Level::Info, "lost");
  sink.write(Level::Info, "lost too");
  EXPECT_EQ(read_all(pipe.read), std::string(pipe_size, 'x'));
  sink.write(Level::Info, "written");
  sink.write(Level::Info, "and this");

  EXPECT_EQ(read_all(pipe.read), "<4>2 lines of the log were lost\n<6>written\n<6>and this\n");
}

TEST(LineSink, CountsWhatAFullSocketDoesNotTake) {
  const Ends socket = make_socket_pair();
  LineSink sink(socket.write.get());
  fill_socket(socket.write);

  sink.write(Level::Info, "lost");
  (void)read_all(socket.read);
  sink.write(Level::Info, "written");

  EXPECT_EQ(read_all(socket.read), "<4>a line of the log was lost\n<6>written\n");
}

// A named pipe without a reader cannot be opened once more for writing.
TEST(LineSink, DoesNotWaitForAPipeThatItCannotOpen) {
  const std::string path = testing::TempDir() + "line_sink_test." + std::to_string(::getpid());
  ASSERT_EQ(::mkfifo(path.c_str(), 0600), 0);
  Ends pipe = {Fd(::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC)),
               Fd(::open(path.c_str(), O_WRONLY | O_CLOEXEC))};
  ASSERT_EQ(::unlink(path.c_str()), 0);
  ASSERT_GE(::fcntl(pipe.write.get(), F_SETPIPE_SZ, pipe_size), 0);
  pipe.read.reset();
  LineSink sink(pipe.write.get());
  ASSERT_EQ(::fcntl(pipe.write.get(), F_GETFL) & O_NONBLOCK, 0);
  pipe.read = open_again(pipe.write, O_RDONLY);
  fill_pipe(pipe.write);

  sink.write(Level::Info, "lost");
  EXPECT_EQ(read_all(pipe.read), std::string(pipe_size, 'x'));
  sink.write(Level::Info, "written");

  EXPECT_EQ(read_all(pipe.read), "<4>a line of the log was lost\n<6>written\n");
}

TEST(LineSink, LeavesTheOpenFileOfOthersAlone) {
  const Ends pipe = make_pipe();
  const Fd of_others(::fcntl(pipe.write.get(), F_DUPFD_CLOEXEC, 0));

  const LineSink sink(pipe.write.get());

  EXPECT_EQ(::fcntl(of_others.get(), F_GETFL) & O_NONBLOCK, 0);
  EXPECT_NE(::fcntl(pipe.write.get(), F_GETFL) & O_NONBLOCK, 0);
}

TEST(LineSink, SurvivesReadersThatGo) {
  (void)std::signal(SIGPIPE, SIG_IGN); // as ktlsd has it
  Ends pipe = make_pipe();
  LineSink into_pipe(pipe.write.get());
  pipe.read.reset();

  into_pipe.write(Level::Info, "lost");
  into_pipe.write(Level::Info, "lost too");
  pipe.read = open_again(pipe.write, O_RDONLY);
  into_pipe.write(Level::Info, "written");

  EXPECT_EQ(read_all(pipe.read), "<4>2 lines of the log were lost\n<6>written\n");
}

TEST(LineSink, RaisesNoSignalForASocketWithoutAReader) {
  (void)std::signal(SIGPIPE, SIG_DFL);
  Ends socket = make_socket_pair();
  LineSink sink(socket.write.get());
  socket.read.reset();

  sink.write(Level::Info, "lost");
}

TEST(LineSink, SurvivesADescriptorThatIsNone) {
  LineSink sink(-1);

  sink.write(Level::Info, "lost");
}

TEST(LineSink, CutsLongLines) {
  const Ends pipe = make_pipe();
  LineSink sink(pipe.write.get());
  const std::size_t room = LineSink::max_line - 4; // beside "<6>" and the newline

  sink.write(Level::Info, std::string(room, 'a'));
  EXPECT_EQ(read_all(pipe.read), "<6>" + std::string(room, 'a') + "\n");
  sink.write(Level::Info, std::string(room + 1, 'a'));
  EXPECT_EQ(read_all(pipe.read), "<6>" + std::string(room - 3, 'a') + "...\n");
}

// A limit of the size is met as a full disk is: with a part of the line, and then an error.
TEST(LineSink, EndsALineThatWasTorn) {
  (void)std::signal(SIGXFSZ, SIG_IGN); // as ktlsd has it
  const Fd file = make_file();
  LineSink sink(file.get());
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &before), 0);
  const rlimit ten_bytes{10, before.rlim_max};
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &ten_bytes), 0);

  sink.write(Level::Info, "torn apart");
  sink.write(Level::Info, "lost");
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &before), 0);
  sink.write(Level::Info, "written");

  EXPECT_EQ(contents(file), "<6>torn ap\n<4>2 lines of the log were lost\n<6>written\n");
}

} // namespace
} // namespace ktls::log
