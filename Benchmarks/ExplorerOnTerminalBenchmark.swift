import Explorer
import Foundation
import Terminal

/// What the explorer writes to a terminal, and the memory it takes, each case in a process of its own.
enum ExplorerOnTerminalBenchmark {
  static let childCommand = "explorer-child"
  private static let columns = 200
  private static let rows = 60

  private struct Report: Codable {
    var frames: Int
    var changedCells: Int
    var peakMegabytes: Double
  }

  static func run(dictionary: URL, folder: URL) throws {
    print(
      "on a terminal of 256 colours         frames  cells a frame  bytes a frame  bytes a cell  peak MB"
    )
    let (_, opening) = try measure("", 0, dictionary, folder)
    let cases = [
      ("move down", "j", 300), ("half a page down", "<C-d>", 100), ("sort the other way", "S", 20),
      ("search, a letter at a time", "/river lamp<Esc><Esc>", 5), ("the map", "m<Esc>", 2),
      ("the metrics", "%<Esc>", 2),
    ]
    for (name, keys, count) in cases {
      let (report, bytes) = try measure(keys, count, dictionary, folder)
      let (frames, cells) = (Double(report.frames), Double(report.changedCells))
      let written = Double(max(0, bytes - opening))
      print(
        name.padding(toLength: 34, withPad: " ", startingAt: 0), column("\(report.frames)", 8),
        column(cells / frames, 14, digits: 0), column(written / frames, 14, digits: 0),
        column(written / max(1, cells), 13), column(report.peakMegabytes, 8, digits: 0))
    }
  }

  /// Runs a child on a pseudo-terminal and counts what it writes there.
  private static func measure(
    _ keys: String, _ count: Int, _ dictionary: URL, _ folder: URL
  ) throws -> (Report, Int) {
    let result = folder.appending(path: "report.json")
    var ends: (terminal: Int32, program: Int32) = (-1, -1)
    var name = [CChar](repeating: 0, count: 128)
    var size = winsize(
      ws_row: UInt16(rows), ws_col: UInt16(columns), ws_xpixel: 0, ws_ypixel: 0)
    guard openpty(&ends.terminal, &ends.program, &name, nil, &size) == 0 else {
      throw BenchmarkError("no pseudo-terminal")
    }
    let path = String(decoding: name.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
    let process = Process()
    process.executableURL = URL(filePath: CommandLine.arguments[0])
    process.arguments = [
      childCommand, path, dictionary.path(percentEncoded: false),
      result.path(percentEncoded: false), keys, "\(count)",
    ]
    let terminal = ends.terminal
    let counter = Thread.Counter()
    Thread.detachNewThread {
      var buffer = [UInt8](repeating: 0, count: 65_536)
      while true {
        let count = buffer.withUnsafeMutableBytes { read(terminal, $0.baseAddress, $0.count) }
        guard count > 0 else { return counter.finish() }
        counter.add(count)
      }
    }
    try process.run()
    process.waitUntilExit()
    close(ends.program)
    counter.wait()
    close(terminal)
    guard process.terminationStatus == 0 else { throw BenchmarkError("the child failed") }
    let report = try JSONDecoder().decode(Report.self, from: Data(contentsOf: result))
    return (report, counter.total)
  }

  @MainActor
  static func runChild(_ arguments: [String]) throws {
    guard arguments.count == 6, let count = Int(arguments[5]) else {
      throw BenchmarkError("expected a terminal, a dictionary, a file, keys and a number")
    }
    let slave = open(arguments[1], O_RDWR)
    for stream in [STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO] { dup2(slave, stream) }
    var environment = ["TERM": "xterm-256color"]
    environment["LANG"] = "C.UTF-8"
    let terminal = try CursesTerminal(.init(environment: environment))
    defer { terminal.restore() }
    let file = URL(filePath: arguments[3])
    let folder = file.deletingLastPathComponent()
    let session = BatchSession(
      Session(paths: [URL(filePath: arguments[2])], columns: columns, rows: rows),
      performer: EffectPerformer(
        .init(
          notebook: folder.appending(path: "notebook.sqlite"),
          cache: folder.appending(path: "cache"), author: nil)))
    session.act(.start)
    var shown = session.screen(depth: .palette256)
    terminal.draw(shown)
    var report = Report(frames: 0, changedCells: 0, peakMegabytes: 0)
    for _ in 0..<count {
      for key in KeyPress.keys(in: arguments[4]) {
        session.act(.key(key))
        let screen = session.screen(depth: .palette256)
        terminal.draw(screen)
        report.frames += 1
        report.changedCells += changes(shown, screen)
        shown = screen
      }
    }
    report.peakMegabytes = try MemoryBenchmark.peakMegabytes()
    try JSONEncoder().encode(report).write(to: file)
  }

  private static func changes(_ before: Screen, _ after: Screen) -> Int {
    var count = 0
    for row in 0..<after.rows {
      for column in 0..<after.columns where before[row, column] != after[row, column] {
        count += 1
      }
    }
    return count
  }
}

extension Thread {
  /// Bytes counted on one thread and asked for on another.
  fileprivate final class Counter: @unchecked Sendable {
    private let condition = NSCondition()
    private var count = 0
    private var isOver = false

    func add(_ bytes: Int) { condition.withLock { count += bytes } }

    func finish() {
      condition.withLock {
        isOver = true
        condition.signal()
      }
    }

    func wait() { condition.withLock { while !isOver { condition.wait() } } }

    var total: Int { condition.withLock { count } }
  }
}
