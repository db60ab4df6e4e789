import { useState } from "react";
import { forgetKey, storedKey } from "@/api/key";
import { Button, Segmented } from "@/shared/components";
import { chooseTheme, themeChoice, type ThemeChoice as Choice } from "@/shared/theme/theme";
import { Section } from "./Section";

const choices: { id: Choice; label: string }[] = [
  { id: "system", label: "As the system" },
  { id: "light", label: "Light" },
  { id: "dark", label: "Dark" },
];

/** What this browser keeps: the theme, and a key where one was given. */
export function ThemeChoice() {
  const [chosen, setChosen] = useState<Choice>(themeChoice);
  return (
    <Section title="This browser">
      <div className="setting-form">
        <Segmented
          label="Theme"
          choices={choices}
          chosen={chosen}
          onChoose={(choice) => {
            chooseTheme(choice);
            setChosen(choice);
          }}
        />
        {storedKey() !== null && (
          <Button
            onClick={() => {
              forgetKey();
              window.location.reload();
            }}
          >
            Forget the key
          </Button>
        )}
      </div>
    </Section>
  );
}
