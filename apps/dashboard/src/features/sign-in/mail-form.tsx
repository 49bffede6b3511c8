import { Button } from "../../ui/button.tsx";
import { fieldLabel, textInput } from "../../ui/form.ts";

/** Asks for a link by mail. */
export function MailForm({ csrfToken, next }: { csrfToken: string; next: string }) {
  return (
    <form method="post" action="/auth/nextauth/signin/email" className="grid gap-4 border-hairline border-t pt-5">
      <input type="hidden" name="csrfToken" value={csrfToken} />
      <input type="hidden" name="callbackUrl" value={next} />
      <label className="grid gap-1.5">
        <span className={fieldLabel}>Or get a link by email</span>
        <input className={textInput} type="email" name="email" autoComplete="email" required />
      </label>
      <Button type="submit" className="h-9 w-full text-prose">
        Send the link
      </Button>
    </form>
  );
}
