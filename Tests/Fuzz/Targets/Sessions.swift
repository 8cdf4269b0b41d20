import Engines
import Experiments
import Explorer
import Foundation
import LanguageModel
import Storage
import TensorFiles
import TestSupport

/// What is read at the program's edges: sessions that somebody recorded, settings, engines' clients.
extension FuzzTarget {
  static let sessions: [FuzzTarget] = [
    // Read, and played over a dictionary that is sound, as a replay does.
    FuzzTarget("session") { bytes, scratch in
      var log = try SessionLog(String(decoding: bytes, as: UTF8.self))
      let written =
        [SessionLog.line(log.header)]
        + log.steps.map { SessionLog.line($0.action, at: $0.time, command: nil) }
      let again = try SessionLog(written.map { "\($0 ?? "")\n" }.joined())
      precondition(again == log, "what was read is written as something else")
      let dictionary = try scratch.url("session.epdict")
      if access(dictionary.path, F_OK) != 0 {
        try FileManager.default.createDirectory(at: dictionary, withIntermediateDirectories: true)
        try Sound.dictionary.damaged([], into: dictionary)
      }
      // Whose files are opened is not for the input to say, nor is how long it goes on.
      log.header.paths = [dictionary.path]
      log.steps = log.steps.prefix(100).filter { step in
        guard case .resize(let columns, let rows) = step.action else { return true }
        return columns <= 200 && rows <= 60
      }
      (log.header.columns, log.header.rows) = (
        min(log.header.columns, 200), min(log.header.rows, 60)
      )
      let folder = try scratch.folder("session")
      var options = EffectPerformer.Options(
        notebook: folder.appending(path: "notebook.sqlite"),
        cache: folder.appending(path: "cache"), author: nil)
      options.writes = .only(folder)
      let session = BatchSession(Session(log.header), performer: EffectPerformer(options))
      session.play(log)
      _ = session.screen().text
    },
    // The first byte says which file.
    FuzzTarget("preferences") { bytes, scratch in
      let text = String(decoding: bytes.dropFirst(), as: UTF8.self)
      switch (bytes.first ?? 0) % 3 {
      case 0: _ = Configuration.reading(text, file: "config.toml")
      case 1: _ = Keymap.reading(text, file: "keymap.toml")
      default:
        let folder = try scratch.folder("memory")
        try Data(bytes.dropFirst()).write(to: folder.appending(path: "memory.json"))
        _ = Memory.read(from: folder)
      }
    },
    // An adapter's weights behind its settings, from the first byte that is in no UTF-8 text; the first byte says whether they
    // are safetensors or a pickle.
    FuzzTarget("adapter") { bytes, scratch in
      let folder = try scratch.folder("adapter")
      let parts = split(Array(bytes.dropFirst()))
      let name =
        (bytes.first ?? 0) % 2 == 0 ? "adapter_model.safetensors" : "adapter_model.bin"
      try Data(parts[0]).write(to: folder.appending(path: "adapter_config.json"))
      try Data(parts.dropFirst().joined(separator: [0xFF])).write(to: folder.appending(path: name))
      _ = try LoRAAdapter(folder: folder)
    },
    // Probes and calibrations; the first byte says in which form.
    FuzzTarget("probe") { bytes, scratch in
      let names = ["a.safetensors", "a.npz", "a.npy"]
      let url = try scratch.file(
        names[Int(bytes.first ?? 0) % names.count], Array(bytes.dropFirst()))
      _ = try? CalibrationFile.open(url)
      _ = try LinearProbe(url)
    },
    // What a client asks of a served engine, as it comes through a pipe, once it has loaded a tiny model.
    FuzzTarget("request") { bytes, scratch in
      let model = try scratch.url("model")
      if access(model.path, F_OK) != 0 { try TinyModel.write(to: model) }
      let load = Message.bytes(#"{"ask": "load", "id": 0, "model": "\#(model.path)"}"#)
      let file = try scratch.file("requests", load + bytes)
      let answers = try scratch.file("answers", [UInt8]())
      let input = open(file.path, O_RDONLY | O_CLOEXEC)
      let output = open(answers.path, O_WRONLY | O_CLOEXEC)
      defer {
        close(input)
        close(output)
      }
      try EngineServer(input: input, output: output, version: "0", threads: 1).run {}
    },
  ]
}
