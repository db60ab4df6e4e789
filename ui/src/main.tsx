import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { QueryClientProvider } from "@tanstack/react-query";
import { Router } from "wouter";
import { prefix } from "@/api/client";
import { projectsQuery } from "@/api/projects";
import { queryClient } from "@/api/queryClient";
import { ErrorBoundary } from "@/app/ErrorBoundary";
import { preloadPage } from "@/app/routes";
import { Shell } from "@/app/Shell";
import "@/shared/theme/theme.css";
import "@/shared/theme/base.css";

const root = document.getElementById("root");
if (root === null) throw new Error("index.html has no #root");
preloadPage(window.location.pathname.slice(prefix.length) || "/");
void queryClient.prefetchQuery(projectsQuery);
createRoot(root).render(
  <StrictMode>
    <ErrorBoundary>
      <QueryClientProvider client={queryClient}>
        <Router base={prefix}>
          <Shell />
        </Router>
      </QueryClientProvider>
    </ErrorBoundary>
  </StrictMode>,
);
