import Foundation
import TensorFiles

/// A shell command with three pipes, in a session and process group of its own.
///
/// Foundation's `Process` can neither make a group, by which children are ended too, nor be written to without a signal once
/// the other side has stopped reading.
package struct ChildProcess {
  /// Why there is no use in what a command wrote.
  package struct Failure: Error, CustomStringConvertible {
    package var description: String
    package var remedy: Remedy?

    package init(_ description: String, remedy: Remedy? = nil) {
      (self.description, self.remedy) = (description, remedy)
    }
  }

  /// Its number, which is that of its session and group too.
  package let id: pid_t
  private var input: Int32?
  private var output: Int32?
  private var errors: Int32?
  private var isReaped = false
  private var buffer = [UInt8](repeating: 0, count: 1 << 16)

  package init(shell command: String) throws {
    guard !command.utf8.contains(0) else { throw Failure("a command cannot hold a zero byte") }
    var open: [Int32] = []
    var isKept = false
    defer { if !isKept { for descriptor in open { Foundation.close(descriptor) } } }
    var pipes: [(read: Int32, write: Int32)] = []
    for _ in 0..<3 {
      let ends = try Self.pipe()
      open += [ends.read, ends.write]
      pipes.append(ends)
    }
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_adddup2(&actions, pipes[0].read, 0)
    posix_spawn_file_actions_adddup2(&actions, pipes[1].write, 1)
    posix_spawn_file_actions_adddup2(&actions, pipes[2].write, 2)
    Self.keepOpenFiles()
    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    var none = sigset_t()
    sigemptyset(&none)
    posix_spawnattr_setsigmask(&attributes, &none)
    // What is ignored here, as an interruption is while work ends, would be ignored there.
    var usual = sigset_t()
    sigemptyset(&usual)
    for number in [SIGINT, SIGTERM, SIGQUIT, SIGHUP, SIGPIPE, SIGCHLD, SIGXFSZ] {
      sigaddset(&usual, number)
    }
    posix_spawnattr_setsigdefault(&attributes, &usual)
    // A session, not a group alone: one that asks on the terminal fails at once instead of being stopped.
    let flags = Int32(POSIX_SPAWN_SETSIGMASK) | Int32(POSIX_SPAWN_SETSIGDEF) | 0x80
    posix_spawnattr_setflags(&attributes, Int16(flags))
    var words = [strdup("/bin/sh"), strdup("-c"), strdup(command), nil]
    defer { for word in words { free(word) } }
    var child = pid_t()
    let status = posix_spawn(&child, "/bin/sh", &actions, &attributes, &words, environ)
    guard status == 0 else {
      throw Failure("cannot be started: \(String(cString: strerror(status)))")
    }
    for descriptor in [pipes[0].read, pipes[1].write, pipes[2].write] {
      Foundation.close(descriptor)
    }
    isKept = true
    id = child
    (input, output, errors) = (pipes[0].write, pipes[1].read, pipes[2].read)
    for descriptor in [pipes[0].write, pipes[1].read, pipes[2].read] {
      _ = fcntl(descriptor, F_SETFL, fcntl(descriptor, F_GETFL) | O_NONBLOCK)
    }
  }

  /// Files that are open here are none of a command's business.
  private static func keepOpenFiles() {
    let open = (try? FileManager.default.contentsOfDirectory(atPath: "/dev/fd")) ?? []
    for descriptor in open.compactMap({ Int32($0) }) where descriptor > 2 {
      let flags = fcntl(descriptor, F_GETFD)
      if flags >= 0 { _ = fcntl(descriptor, F_SETFD, flags | FD_CLOEXEC) }
    }
  }

  /// Both ends above the standard three, whichever of those are open here.
  private static func pipe() throws -> (read: Int32, write: Int32) {
    var ends: [Int32] = [-1, -1]
    guard Foundation.pipe(&ends) == 0 else {
      throw Failure("no pipe can be made: \(String(cString: strerror(errno)))")
    }
    let moved = ends.map { end in
      let high = fcntl(end, F_DUPFD_CLOEXEC, 3)
      Foundation.close(end)
      return high
    }
    guard moved[0] >= 0, moved[1] >= 0 else {
      for end in moved where end >= 0 { Foundation.close(end) }
      throw Failure("no pipe can be made: \(String(cString: strerror(errno)))")
    }
    return (moved[0], moved[1])
  }

  package var isOutputClosed: Bool { output == nil }

  /// Waits until something can be read or written, but not for long.
  ///
  /// - Parameter keepsInput: with nothing to write now there will be more later; else its input ends here.
  package mutating func wait(writing: Bool, keepsInput: Bool = false) {
    if !writing, !keepsInput { closeInput() }
    var polled: [pollfd] = []
    if writing, let input { polled.append(pollfd(fd: input, events: Int16(POLLOUT), revents: 0)) }
    if let output { polled.append(pollfd(fd: output, events: Int16(POLLIN), revents: 0)) }
    if let errors { polled.append(pollfd(fd: errors, events: Int16(POLLIN), revents: 0)) }
    _ = poll(&polled, nfds_t(polled.count), output == nil ? 2 : 50)
  }

  /// Writes as much as the pipe takes.
  ///
  /// - Returns: what is left; nothing where the other side has stopped reading.
  package mutating func write(_ bytes: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
    guard let input, !bytes.isEmpty else { return [] }
    // A pipe without a reader sends a signal that ends the process: it is held back on this thread, and taken away.
    var broken = sigset_t()
    var before = sigset_t()
    sigemptyset(&broken)
    sigaddset(&broken, SIGPIPE)
    pthread_sigmask(SIG_BLOCK, &broken, &before)
    let written = bytes.withUnsafeBytes { Foundation.write(input, $0.baseAddress, $0.count) }
    let code = errno
    if written < 0, code == EPIPE {
      var now = timespec()
      while sigtimedwait(&broken, nil, &now) == -1, errno == EINTR {}
    }
    pthread_sigmask(SIG_SETMASK, &before, nil)
    if written >= 0 { return bytes.dropFirst(written) }
    if code == EAGAIN || code == EINTR { return bytes }
    closeInput()
    return []
  }

  /// What is there; `nil` where nothing is, or no more will come.
  package mutating func readOutput() -> [UInt8]? { Self.read(&output, &buffer) }
  package mutating func readError() -> [UInt8]? { Self.read(&errors, &buffer) }

  private static func read(_ descriptor: inout Int32?, _ buffer: inout [UInt8]) -> [UInt8]? {
    guard let open = descriptor else { return nil }
    let count = buffer.withUnsafeMutableBytes { Foundation.read(open, $0.baseAddress, $0.count) }
    if count > 0 { return Array(buffer[..<count]) }
    if count < 0, errno == EAGAIN || errno == EINTR { return nil }
    Foundation.close(open)
    descriptor = nil
    return nil
  }

  /// Ends its input.
  package mutating func closeInput() {
    if let input { Foundation.close(input) }
    input = nil
  }

  /// Whether the shell has ended; it is left as it is, so that its number stays its own.
  package var hasEnded: Bool { isReaped || ending != nil }

  /// How it ended: an exit status, or the signal that ended it.
  private var ending: (isExit: Bool, number: Int32)? {
    var info = siginfo_t()
    let found = waitid(P_PID, id_t(id), &info, WEXITED | WNOHANG | WNOWAIT)
    guard found == 0, info.si_signo == SIGCHLD else { return nil }
    return (info.si_code == Int32(CLD_EXITED), info._sifields._sigchld.si_status)
  }

  /// How it ended, in words; `nil` while it has not.
  package var endingWords: String? {
    ending.map {
      $0.isExit
        ? "ended with exit status \($0.number)" : "was ended by signal \($0.number)"
    }
  }

  /// Takes in how it ended; children that it left behind are let be where that is well.
  ///
  /// - Throws: where it is not exit status 0.
  package mutating func finish() throws {
    guard !isReaped, let ending else { return }
    guard ending == (true, 0) else {
      throw Failure(endingWords ?? "")
    }
    reap()
  }

  /// Ends it and its children: asked first, and half a second later by force.
  package mutating func stop() {
    guard !isReaped else { return }
    kill(-id, SIGTERM)
    let start = ContinuousClock.now
    while !hasEnded, ContinuousClock.now - start < .milliseconds(500) { usleep(5000) }
    kill(-id, SIGKILL)
    reap()
    // Those killed end when the system comes to it; nobody may find them running after this.
    let killed = ContinuousClock.now
    while Self.isLive(group: id), ContinuousClock.now - killed < .seconds(2) { usleep(2000) }
  }

  /// Whether a process of the group is more than a rest that nobody has taken in.
  package static func isLive(group: pid_t) -> Bool {
    guard kill(-group, 0) == 0 else { return false }
    let processes = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
    return processes.contains { name in
      guard Int32(name) != nil,
        let data = FileManager.default.contents(atPath: "/proc/\(name)/stat")
      else { return false }
      // The name before the state may hold anything, a parenthesis too.
      let text = String(decoding: data, as: UTF8.self)
      guard let end = text.lastIndex(of: ")") else { return false }
      let fields = text[text.index(after: end)...].split(separator: " ")
      return fields.count > 2 && fields[2] == "\(group)" && fields[0] != "Z" && fields[0] != "X"
    }
  }

  private mutating func reap() {
    var status: Int32 = 0
    while waitpid(id, &status, 0) == -1, errno == EINTR {}
    isReaped = true
  }

  package mutating func close() {
    closeInput()
    for descriptor in [output, errors].compactMap(\.self) { Foundation.close(descriptor) }
    (output, errors) = (nil, nil)
  }
}
