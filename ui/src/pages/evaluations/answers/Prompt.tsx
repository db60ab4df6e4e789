// What was asked: the messages as they were sent.
import type { ChatMessage } from "@/api/evaluations";

export function Prompt({ messages }: { messages: ChatMessage[] }) {
  return (
    <section className="prompt">
      <h3>Prompt</h3>
      {messages.map((message, at) => (
        <div key={at} className="message">
          <span className="quiet">{message.role}</span>
          <pre className="raw" tabIndex={0} aria-label={`Message of ${message.role}`}>
            {message.content}
          </pre>
        </div>
      ))}
    </section>
  );
}
