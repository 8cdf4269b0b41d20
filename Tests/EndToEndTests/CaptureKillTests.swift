import Foundation
import Storage
import TestSupport
import Testing

@Suite(.serialized)
struct CaptureKillTests {
  let program: Program
  let arguments: [String]

  init() throws {
    var program = try Program()
    // The one thing in a store that would tell two captures of the same apart.
    program.environment["SOURCE_DATE_EPOCH"] = "1000000000"
    self.program = program
    try TinyModel.write(to: program.folder.file("model"))
    func lines(_ name: String, _ count: Int) throws {
      let text = (0..<count).map { "{\"id\":\"\(name)\($0)\",\"prompt\":\"\($0 % 7)a\"}\n" }
      try Data(text.joined().utf8).write(to: program.folder.file("\(name).jsonl"))
    }
    try lines("prompts", 130)
    try lines("openers", 130)
    arguments = [
      "capture", program.path("model"), "--prompts", program.path("prompts.jsonl"), "--template",
      "raw", "--generate", "1", "--openers", program.path("openers.jsonl"), "--length", "1",
      "--hook", "blocks.1.hook_resid_post", "--threads", "1", "--quiet", "-o",
    ]
  }

  /// Starts the binary and kills it after a while, if it is still there.
  private func run(_ arguments: [String], killedAfter milliseconds: Int) throws {
    let process = Process()
    process.executableURL = Program.binary
    process.arguments = arguments
    process.environment = program.environment
    process.standardOutput = FileHandle.nullDevice
    process.standardError = FileHandle.nullDevice
    try process.run()
    usleep(UInt32(milliseconds) * 1000)
    if process.isRunning { kill(process.processIdentifier, SIGKILL) }
    process.waitUntilExit()
  }

  private func bytes(_ name: String) throws -> [String: Data] {
    let root = program.folder.file(name)
    let paths = try FileManager.default.subpathsOfDirectory(
      atPath: root.path(percentEncoded: false))
    return Dictionary(
      uniqueKeysWithValues: paths.map {
        ($0, (try? Data(contentsOf: root.appending(path: $0))) ?? Data())
      })
  }

  @Test func `kills at fifty moments lose nothing that was done, and leave no trace`() throws {
    let whole = try program.run(arguments + [program.path("whole.epstore"), "--json"])
    try #require(whole.status == 0, "\(whole.error)")
    #expect(whole.json["documents"] as? Int == 260)
    var seen = 0
    var generator = SystemRandomNumberGenerator()
    for _ in 0..<40 {
      try run(
        arguments + [program.path("killed.epstore")],
        killedAfter: Int.random(in: 0...250, using: &generator))
      let url = program.folder.file("killed.epstore")
      guard FileManager.default.fileExists(atPath: url.path(percentEncoded: false)) else {
        continue
      }
      let store = try StoreFile(url)
      #expect(store.documentCount >= seen)
      seen = store.documentCount
      try store.verify()
    }
    let last = try program.run(arguments + [program.path("killed.epstore")])
    #expect(last.status == 0, "\(last.error)")
    #expect(try bytes("killed.epstore") == bytes("whole.epstore"))

    let build = ["build", program.path("whole.epstore"), "--quiet", "--seed", "3", "-o"]
    #expect(try program.run(build + [program.path("whole.epdict")]).status == 0)
    for _ in 0..<10 {
      let killed = program.path("killed.epdict")
      try run(
        build + [killed, "--overwrite"], killedAfter: Int.random(in: 0...200, using: &generator))
      if FileManager.default.fileExists(atPath: killed) {
        #expect(try DictionaryFile(URL(filePath: killed)).provenance.source == "whole.epstore")
      }
    }
    #expect(try program.run(build + [program.path("killed.epdict"), "--overwrite"]).status == 0)
    #expect(try bytes("killed.epdict") == bytes("whole.epdict"))
  }

  @Test func `an interrupted capture says how to go on, and a finished one that it is`() throws {
    let store = program.path("a.epstore")
    let process = Process()
    process.executableURL = Program.binary
    process.arguments = arguments + [store]
    process.environment = program.environment
    let errors = program.folder.file("stderr")
    try Data().write(to: errors)
    process.standardError = try FileHandle(forWritingTo: errors)
    process.standardOutput = FileHandle.nullDevice
    try process.run()
    while process.isRunning, !FileManager.default.fileExists(atPath: store) { usleep(1000) }
    process.interrupt()
    process.waitUntilExit()
    let said = try String(contentsOf: errors, encoding: .utf8)
    #expect(process.terminationStatus == 130)
    #expect(said.contains("documents are kept") && said.contains("capture") && said.contains(store))
    #expect(try program.run(arguments + [store, "--json"]).json["documents"] as? Int == 260)
    let again = try program.run(arguments + [store, "--json"])
    #expect(again.status == 0 && again.json["alreadyFinished"] as? Bool == true)
    let other = try program.run(arguments + [store, "--dtype", "bf16"])
    #expect(other.status == 1 && other.error.contains("dtype there is f32, here bf16"))
    let info = try program.run("info", store, "--verify", "--json")
    #expect(info.json["verified"] as? Bool == true && info.json["finished"] as? Bool == true)
  }

  @Test func `a full disk keeps what is done and says so`() throws {
    let store = program.path("a.epstore")
    // A limit on the size of files, ignored as a signal, is the nearest to a full disk that needs no rights.
    let result = try program.run(
      arguments + [
        store, "--hook", "blocks.3.hook_resid_post", "--hook", "blocks.2.hook_resid_post",
      ], fileBlocks: 40)
    #expect(result.status == 1)
    let said = result.error
    #expect(said.contains("documents are kept"), "\(said)")
  }
}
