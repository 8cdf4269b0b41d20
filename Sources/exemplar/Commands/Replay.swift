import ArgumentParser
import Explorer
import Foundation
import Storage

struct Replay: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Play a recorded session again.",
    discussion: """
      Sessions are recorded in $XDG_STATE_HOME/exemplar/sessions, one action a line. Labels go to an empty \
      notebook that is thrown away, never to yours. In the explorer, any key takes over.
      """)

  @Argument(help: "The recording (.jsonl).")
  var log: String

  @Flag(help: "Without a terminal: print the last screen as text.")
  var batch = false

  func run() throws {
    let text: String
    do {
      text = try String(contentsOf: URL(filePath: log), encoding: .utf8)
    } catch {
      throw StorageError(.missing, "cannot be read as text", file: log)
    }
    let recording: SessionLog
    do {
      recording = try SessionLog(text)
    } catch {
      throw StorageError(.wrongKind, "\(error)", file: log)
    }
    let scratch = FileManager.default.temporaryDirectory.appending(
      path: "exemplar-replay-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: scratch, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: scratch) }
    let performer = EffectPerformer.Options(
      notebook: scratch.appending(path: "notebook.sqlite"), settings: try? UserFolders.config(),
      author: NSUserName())
    guard batch else {
      var options = ExplorerProgram.Options(performer: performer, theme: recording.header.theme)
      options.region = recording.header.region
      options.replay = recording
      let paths = recording.header.paths.map { URL(filePath: $0) }
      _ = try MainActor.assumeIsolated { try ExplorerProgram.run(paths: paths, options: options) }
      return
    }
    let session = BatchSession(State(recording.header), performer: EffectPerformer(performer))
    session.play(recording)
    print(session.screen().text)
  }
}
