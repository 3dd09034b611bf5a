import DurableFiles
import SequenceKernel

/// `safetensors` files: every tensor handed out lies in the file; what was read can be written and read again.
enum Tensors {
    static let read: @Sendable (UnsafeRawBufferPointer) -> Void = { bytes in
        let source = MemoryFile(bytes)
        do throws(SafetensorsError) {
            let file = try SafetensorsFile(source.path)
            var writer = SafetensorsWriter()
            writer.metadata = file.metadata
            for entry in file.entries {
                let content = file.bytes(entry)
                var sum: UInt8 = 0
                for byte in content { sum &+= byte }
                promise(content.count == entry.shape.reduce(entry.type.byteCount, *), "\(entry.name): \(content.count) bytes, sum \(sum)")
                do throws(SafetensorsError) { promise(try file.floats(entry.name).count == entry.count, "floats") } catch {}
                do throws(SafetensorsError) { promise(try file.integers(entry.name).count == entry.count, "integers") } catch {}
                writer.add(entry.name, entry.type, shape: entry.shape, bytes: content)
            }
            let copy = MemoryFile([])
            do { try writer.write(to: copy.path) } catch { fatalError("\(error)") }
            let again = try SafetensorsFile(copy.path)
            promise(again.metadata == file.metadata, "metadata \(file.metadata) come back as \(again.metadata)")
            promise(again.entries.count == file.entries.count, "tensors are lost")
            for entry in file.entries {
                guard let other = again[entry.name] else { fatalError("broken promise: \(entry.name) is lost") }
                promise(other.shape == entry.shape && other.type == entry.type, "\(entry.name) has another shape")
                promise(again.bytes(other).elementsEqual(file.bytes(entry)), "\(entry.name) has other bytes")
            }
        } catch { promise(!"\(error)".isEmpty, "a refusal says nothing") }
    }
}
