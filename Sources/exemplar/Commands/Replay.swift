import ArgumentParser
import Experiments
import Explorer
import Foundation
import Storage
import TensorFiles
import Terminal

struct Replay: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Play a recorded session again.",
    discussion: """
      Sessions are recorded in $XDG_STATE_HOME/exemplar/sessions, one action a line. Labels go to an empty \
      notebook that is thrown away, never to yours. In the explorer, any key takes over.

      Example:
      exemplar replay SESSION.jsonl --batch
      """)

  @Argument(help: "The recording (.jsonl).")
  var log: String

  @Flag(help: "Without a terminal: print the last screen as text.")
  var batch = false

  @Flag(
    help: """
      Write the files that the session wrote, where it wrote them, and keep generations beside stores. Without it \
      such a file is refused, and all else goes to a folder that is thrown away.
      """)
  var allowWrites = false

  @Option(
    help: """
      Without a terminal: write the last screen to FILE as JSON, its cells in runs of text with their colours \
      ({columns, rows, lines: [[{text, columns, fg, bg, attributes}]]}).
      """)
  var cells: String?

  @Option(
    help:
      "The colours of --cells: truecolor (without it), palette256, palette16 or monochrome.")
  var colors: ColorDepth?

  func validate() throws {
    guard colors == nil || cells != nil else { throw ValidationError("--colors is of --cells") }
  }

  func run() throws {
    if let cells { try OutputPath.check(cells, ["json"]) }
    let data: Data
    do {
      data = try OrdinaryFile.data(URL(filePath: log))
    } catch let error as TensorFileError {
      throw StorageError(.missing, "cannot be read as text: \(error.message)", file: log)
    }
    guard let text = String(data: data, encoding: .utf8) else {
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
    var performer = EffectPerformer.Options(
      notebook: scratch.appending(path: "notebook.sqlite"), settings: try? UserFolders.config(),
      author: NSUserName())
    if !allowWrites {
      performer.writes = .only(scratch)
      performer.cache = scratch.appending(path: "cache")
    }
    performer.attachments = Attachments(
      modelFolders: ModelPlaces.usual().folders)
    guard batch || cells != nil else {
      var options = ExplorerProgram.Options(performer: performer, theme: recording.header.theme)
      options.region = recording.header.region
      options.replay = recording
      let paths = recording.header.paths.map { URL(filePath: $0) }
      _ = try MainActor.assumeIsolated { try ExplorerProgram.run(paths: paths, options: options) }
      try? FileManager.default.removeItem(at: scratch)
      Departure.leave(0)
    }
    let session = BatchSession(Session(recording.header), performer: EffectPerformer(performer))
    session.play(recording)
    if batch { print(session.screen().text) }
    if let cells {
      let encoder = JSONEncoder()
      encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
      let picture = ScreenPicture(session.screen(depth: colors ?? .truecolor))
      let file = try OutputFile(URL(filePath: cells))
      try file.write([UInt8](try encoder.encode(picture)))
      try file.commit()
    }
  }
}

extension ColorDepth: ExpressibleByArgument {}
