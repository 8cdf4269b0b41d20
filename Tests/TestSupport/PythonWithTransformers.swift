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
