import Foundation

/// The Python that `EXEMPLAR_PYTHON` names, where real models are tested; `nil` where it has no torch and transformers.
package let pythonWithTransformers: String? = {
  guard let name = ProcessInfo.processInfo.environment["EXEMPLAR_PYTHON"] else { return nil }
  let process = Process()
  process.executableURL = URL(filePath: "/usr/bin/env")
  process.arguments = [name, "-c", "import torch, transformers"]
  process.standardError = FileHandle.nullDevice
  guard (try? process.run()) != nil else { return nil }
  process.waitUntilExit()
  return process.terminationStatus == 0 ? name : nil
}()

/// What a script beside the worker's tests says to a question, by `EXEMPLAR_PYTHON`.
package func pythonOutput(
  _ script: String, _ arguments: String..., asking question: [String: Any]
) throws -> Data {
  let folder = try TemporaryFolder()
  let (asked, answered) = (folder.file("question.json"), folder.file("answer.json"))
  try JSONSerialization.data(withJSONObject: question).write(to: asked)
  let process = Process()
  process.executableURL = URL(filePath: "/usr/bin/env")
  process.arguments =
    [
      pythonWithTransformers ?? "python3",
      Fixtures.root.deletingLastPathComponent().appending(path: "engine/\(script)").path,
    ] + arguments + [asked.path, answered.path]
  process.standardOutput = FileHandle.nullDevice
  try process.run()
  process.waitUntilExit()
  return try Data(contentsOf: answered)
}
