/// How the tensors of a file differ from the parameters of a model; every one is named.
public struct ParameterDifferences: Sendable, Hashable, CustomStringConvertible {
    /// Declared, not in the file.
    public var missing: [String] = []
    /// In the file, not declared.
    public var unexpected: [String] = []
    /// Of another shape or number type, with both.
    public var reshaped: [String] = []

    /// Whether file and model agree.
    public var isEmpty: Bool { missing.isEmpty && unexpected.isEmpty && reshaped.isEmpty }

    /// All of them in one line.
    public var description: String {
        func list(_ word: String, _ names: [String]) -> String? {
            names.isEmpty ? nil : "\(word): " + names.map(SafetensorsError.shown).joined(separator: ", ")
        }
        return [list("missing", missing), list("unexpected", unexpected), list("of another shape", reshaped)]
            .compactMap { $0 }.joined(separator: "; ")
    }
}

extension ParameterVector {
    /// Adds every parameter as `prefix` + its name. `scalars` is a block laid out as the weights (a moment, for instance); the
    /// weights themselves by default. The memory must stay until the file is written.
    public func add(to writer: inout SafetensorsWriter, prefix: String = "", scalars: UnsafeMutablePointer<Float>? = nil) {
        for parameter in parameters {
            writer.add(prefix + parameter.name, shape: parameter.shape, floats: (scalars ?? base) + (pointer(parameter) - base))
        }
    }

    /// Compares names, shapes and number types with the tensors of a file whose names begin with `prefix`.
    public func differences(from file: SafetensorsFile, prefix: String = "") -> ParameterDifferences {
        var differences = ParameterDifferences()
        var names = Set<String>()
        for parameter in parameters {
            let name = prefix + parameter.name
            names.insert(name)
            guard let entry = file[name] else {
                differences.missing.append(name)
                continue
            }
            if entry.shape != parameter.shape || entry.type != .float32 {
                differences.reshaped.append("\(name) \(entry.type.rawValue) \(entry.shape) for F32 \(parameter.shape)")
            }
        }
        for entry in file.entries where entry.name.hasPrefix(prefix) && !names.contains(entry.name) {
            differences.unexpected.append(entry.name)
        }
        return differences
    }

    /// Reads every parameter from a file that ``differences(from:prefix:)`` found equal, into the weights or into a block laid out
    /// like them. Traps where they differ.
    public func read(from file: SafetensorsFile, prefix: String = "", into scalars: UnsafeMutablePointer<Float>? = nil) {
        for parameter in parameters {
            guard let entry = file[prefix + parameter.name], entry.shape == parameter.shape, entry.type == .float32 else {
                preconditionFailure("ParameterVector.read: \(prefix)\(parameter.name) differs; ask differences(from:) first")
            }
            let target = (scalars ?? base) + (pointer(parameter) - base)
            UnsafeMutableRawPointer(target).copyMemory(from: file.bytes(entry).baseAddress!, byteCount: parameter.count * 4)
        }
    }
}
